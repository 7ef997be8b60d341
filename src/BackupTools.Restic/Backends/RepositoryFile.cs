using System.Globalization;

namespace BackupTools.Restic.Backends;

/// <summary>Names a file of a repository.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Id">The SHA-256 of its content, which is its name; zero for the config.</param>
public readonly record struct RepositoryFile(RepositoryFileType Type, ObjectId Id)
{
    /// <summary>The config, which has no id.</summary>
    public static RepositoryFile Config => new(RepositoryFileType.Config, default);

    /// <summary>For messages: <c>pack 3f2a…</c>, in full so that the file can be found.</summary>
    public override string ToString() =>
        Type == RepositoryFileType.Config
            ? "config"
            : string.Create(CultureInfo.InvariantCulture, $"{Type.ToString().ToLowerInvariant()} {Id}");
}

/// <summary>A file that a backend has.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Length">Its length in bytes.</param>
public readonly record struct StoredFile(ObjectId Id, long Length);
