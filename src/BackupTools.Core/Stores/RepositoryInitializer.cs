using BackupTools.Core.Stores.Repositories;
using BackupTools.Restic;
using BackupTools.Restic.Backends;

namespace BackupTools.Core.Stores;

/// <summary>What <c>init</c> and <c>Initialize-SnapshotRepository</c> ask for.</summary>
public sealed record InitializeRequest
{
    /// <summary>Where the repository is to be: a directory that is missing or empty.</summary>
    public required string Path { get; init; }

    /// <summary>Where its password comes from.</summary>
    public required RepositoryCredential Credential { get; init; }
}

/// <summary>A repository that was made.</summary>
public sealed record InitializedRepository
{
    /// <summary>Its full path.</summary>
    public required string Path { get; init; }

    /// <summary>Its id, 64 hex digits, as restic shows it.</summary>
    public required string Id { get; init; }

    /// <summary>The version of restic's format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Whether what goes there will be compressed: it is not where the system has no zstd library.</summary>
    public required bool IsCompressed { get; init; }
}

/// <summary>Makes repositories.</summary>
public static class RepositoryInitializer
{
    /// <summary>Makes a repository, empty and encrypted, with one password.</summary>
    /// <exception cref="BackupException">
    /// <see cref="ErrorId.StoreExists"/> where there is something already, <see cref="ErrorId.PasswordRequired"/>,
    /// <see cref="ErrorId.StoreNotWritable"/>.
    /// </exception>
    public static InitializedRepository Create(InitializeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string path = Path.GetFullPath(request.Path);
        using SecretText password = request.Credential.GetPassword(path, CancellationToken.None);
        return RepositoryErrors.Translate(path, "Nothing that was there was changed.", () =>
        {
            using Repository repository = Repository.Create(new LocalBackend(path), password.Span);
            return new InitializedRepository
            {
                Path = path,
                Id = repository.Config.Id,
                FormatVersion = repository.Config.Version,
                IsCompressed = repository.Compresses,
            };
        });
    }
}
