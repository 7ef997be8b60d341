using System.IO.Enumeration;
using BackupTools.Core.Stores.Repositories;
using BackupTools.Restic;
using BackupTools.Restic.Backends;

namespace BackupTools.Core.Stores;

/// <summary>What <c>init</c> and <c>Initialize-SnapshotRepository</c> ask for.</summary>
public sealed record InitializeRequest
{
    /// <summary>Where the repository is to be: a directory that is missing or empty, <c>lost+found</c> aside.</summary>
    public required string Path { get; init; }

    /// <summary>Where its password comes from.</summary>
    public required RepositoryCredential Credential { get; init; }

    /// <summary>How it is made, where that is not to be as always.</summary>
    internal RepositoryOptions? Options { get; init; }
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
    // What e2fsck finds goes there; it is root's alone.
    private const string FileSystemsOwn = "lost+found";

    /// <summary>Makes a repository, empty and encrypted, with one password.</summary>
    /// <param name="request">Where, and with which password.</param>
    /// <param name="observer">Is told where nothing is going to be compressed.</param>
    /// <param name="cancellation">Ends waiting for the password.</param>
    /// <exception cref="BackupException">
    /// <see cref="ErrorId.StoreExists"/> where there is something already, <see cref="ErrorId.PasswordRequired"/>,
    /// <see cref="ErrorId.StoreNotWritable"/>.
    /// </exception>
    public static InitializedRepository Create(
        InitializeRequest request, IRunObserver? observer = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Path));
        return RepositoryErrors.Translate(path, "Nothing that was there was changed.", () =>
        {
            // Before anybody is asked for a password.
            LocalBackend backend = new(path);
            RefuseContent(backend);
            using SecretText password = request.Credential.GetPassword(path, cancellation);
            cancellation.ThrowIfCancellationRequested();
            using Repository repository = Repository.Create(backend, password.Span, request.Options);
            if (!repository.Compresses)
            {
                observer?.OnNotice(new Notice(
                    NoticeLevel.Warning,
                    "Nothing will be compressed: this system has no zstd library. Install libzstd; what is stored until then stays as it is.",
                    path));
            }

            return new InitializedRepository
            {
                Path = path,
                Id = repository.Config.Id,
                FormatVersion = repository.Config.Version,
                IsCompressed = repository.Compresses,
            };
        });
    }

    // A repository among other files, a folder store's for instance, would be taken for either. Empty directories may be
    // there, and what else a creation left that was interrupted. At the root of a file system stands what belongs to that.
    private static void RefuseContent(LocalBackend backend)
    {
        string path = backend.Location;
        if (File.Exists(path))
        {
            throw Exists($"'{path}' is a file.");
        }

        if (File.Exists(Path.Join(path, "config")))
        {
            throw Exists($"There is a repository, or another program's data, in '{path}' already: it has a file 'config'.");
        }

        if (Directory.Exists(path) && FindFile(path, [.. backend.ListUnfinished()]) is { } file)
        {
            string name = Path.GetRelativePath(path, file);
            throw Exists(name.StartsWith("keys" + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                ? $"The directory '{path}' has a repository's key, '{name}', and no config: if another program was making it and that was interrupted, remove the directory and try again."
                : $"The directory '{path}' is not empty: it holds '{name}'.");
        }

        BackupException Exists(string reason) => new(
            ErrorId.StoreExists,
            $"{reason} It was left as it is. Name a directory that is empty or does not exist yet.",
            path);
    }

    private static string? FindFile(string path, HashSet<string> except) => new FileSystemEnumerable<string>(
        path,
        static (ref FileSystemEntry entry) => entry.ToFullPath(),
        new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
    {
        ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory,
        ShouldRecursePredicate = static (ref FileSystemEntry entry) =>
            !(entry.FileName.SequenceEqual(FileSystemsOwn) && entry.Directory.SequenceEqual(entry.RootDirectory)),
    }.FirstOrDefault(file => !except.Contains(file));
}
