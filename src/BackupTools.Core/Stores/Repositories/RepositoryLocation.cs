namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// A path as the place of a repository, or of a snapshot in one: snapshots are addressed as restic's own files lie,
/// <c>REPOSITORY/snapshots/ID</c>.
/// </summary>
/// <param name="Path">Full path of the repository.</param>
/// <param name="Snapshot">The snapshot's id, or what stands in its place; <see langword="null"/> for the repository.</param>
internal sealed record RepositoryLocation(string Path, string? Snapshot)
{
    /// <summary>The directory of snapshots in a repository.</summary>
    public const string SnapshotDirectory = "snapshots";

    private static readonly string[] s_directories = ["data", "index", "keys", "locks", SnapshotDirectory];

    /// <summary>Looks what a full path stands for.</summary>
    /// <returns><see langword="null"/> where no repository has to do with it.</returns>
    public static RepositoryLocation? Find(string path)
    {
        if (IsRepository(path))
        {
            return new RepositoryLocation(path, null);
        }

        string? parent = System.IO.Path.GetDirectoryName(path);
        if (parent is null)
        {
            return null;
        }

        string name = System.IO.Path.GetFileName(path);
        if (name == SnapshotDirectory)
        {
            return IsWhole(parent) ? new RepositoryLocation(parent, null) : null;
        }

        return System.IO.Path.GetFileName(parent) == SnapshotDirectory
            && System.IO.Path.GetDirectoryName(parent) is { } repository
            && (IsWhole(repository) || (name.All(char.IsAsciiHexDigit) && IsRepository(repository)))
                ? new RepositoryLocation(repository, name)
                : null;
    }

    /// <summary>
    /// Whether a directory is a repository, be it one that has lost its config: that must not be taken for a folder to put
    /// plain files into.
    /// </summary>
    public static bool IsRepository(string path)
    {
        bool Has(string directory) => Directory.Exists(System.IO.Path.Join(path, directory));
        return File.Exists(System.IO.Path.Join(path, "config"))
            ? Has("keys") || Has("data")
            : Has("keys") && Has("data") && Has("index") && Has(SnapshotDirectory);
    }

    /// <summary>The repository in one of whose own directories a path lies.</summary>
    /// <returns><see langword="null"/> where there is none.</returns>
    public static string? FindAround(string path)
    {
        string child = path;
        for (string? parent = System.IO.Path.GetDirectoryName(path); parent is not null; parent = System.IO.Path.GetDirectoryName(child))
        {
            if (s_directories.Contains(System.IO.Path.GetFileName(child)) && IsWhole(parent))
            {
                return parent;
            }

            child = parent;
        }

        return null;
    }

    /// <summary>The full path of a snapshot.</summary>
    public static string PathOf(string repository, string id) => System.IO.Path.Join(repository, SnapshotDirectory, id);

    // Where a path below a directory has to tell, nothing may be missing: applications use these names, too.
    private static bool IsWhole(string path) =>
        File.Exists(System.IO.Path.Join(path, "config"))
        && s_directories.All(name => Directory.Exists(System.IO.Path.Join(path, name)));
}
