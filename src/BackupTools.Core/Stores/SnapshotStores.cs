using BackupTools.Core.Stores.Repositories;

namespace BackupTools.Core.Stores;

/// <summary>Opens a store of whichever kind: what a path leads to decides.</summary>
internal static class SnapshotStores
{
    /// <summary>Opens a store that must be there.</summary>
    /// <param name="path">Its path; a relative one is taken from the current directory.</param>
    /// <param name="credential">Where a repository's password comes from; by default from the environment.</param>
    /// <param name="cancellation">Ends waiting for the password.</param>
    /// <exception cref="BackupException"><see cref="ErrorId.StoreNotFound"/>, or a repository's errors.</exception>
    public static ISnapshotStore OpenExisting(string path, RepositoryCredential? credential, CancellationToken cancellation) =>
        TryOpenRepository(path, credential, cancellation) ?? FolderStore.OpenExisting(path);

    /// <summary>Opens a store, making the directory of a folder store where it is missing.</summary>
    /// <param name="path">Its path; a relative one is taken from the current directory.</param>
    /// <param name="credential">Where a repository's password comes from; by default from the environment.</param>
    /// <param name="cancellation">Ends waiting for the password.</param>
    /// <exception cref="BackupException">It cannot be opened or made.</exception>
    public static ISnapshotStore OpenOrCreate(string path, RepositoryCredential? credential, CancellationToken cancellation) =>
        TryOpenRepository(path, credential, cancellation) ?? FolderStore.OpenOrCreate(OutsideOfRepositories(path));

    private static ISnapshotStore? TryOpenRepository(string path, RepositoryCredential? credential, CancellationToken cancellation)
    {
        if (path.Length == 0)
        {
            return null;
        }

        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return RepositoryLocation.Find(full) is { Snapshot: null } found
            ? RepositoryStore.Open(found.Path, credential, cancellation)
            : null;
    }

    // Files of others in a repository's own directories are in the way of all programs that use it.
    private static string OutsideOfRepositories(string path)
    {
        string full = path.Length == 0 ? path : Path.GetFullPath(path);
        return RepositoryLocation.FindAround(full) is { } repository
            ? throw new BackupException(
                ErrorId.InvalidArgument,
                $"'{full}' lies among the files of the repository '{repository}', so it cannot be a store of its own. Nothing was " +
                "changed. Name the repository itself, or another directory.",
                full)
            : path;
    }
}
