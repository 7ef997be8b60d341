using BackupTools.Core.Stores;
using BackupTools.Core.Stores.Repositories;

namespace BackupTools.Core.Snapshots;

/// <summary>What a path given for SNAPSHOT stands for.</summary>
/// <param name="Store">The store, opened.</param>
/// <param name="Named">The snapshot that the path names, or <see langword="null"/> where it is the store.</param>
internal sealed record LocatedSnapshots(ISnapshotStore Store, StoredSnapshot? Named) : IDisposable
{
    public void Dispose() => Store.Dispose();
}

/// <summary>Finds out whether a path is a store, a manifest, a payload or a snapshot of a repository.</summary>
internal static class SnapshotLocator
{
    /// <summary>Opens what a path stands for; a relative one is taken from the current directory.</summary>
    /// <param name="path">The path.</param>
    /// <param name="credential">Where a repository's password comes from; by default from the environment.</param>
    /// <param name="cancellation">Ends waiting for the password.</param>
    /// <exception cref="BackupException"><see cref="ErrorId.SnapshotNotFound"/>, <see cref="ErrorId.StoreNotFound"/>.</exception>
    public static LocatedSnapshots Open(string path, RepositoryCredential? credential = null, CancellationToken cancellation = default)
    {
        if (path.Length == 0)
        {
            throw new BackupException(ErrorId.InvalidArgument, "The path of the snapshot is empty. Nothing was changed.");
        }

        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if ((FindInRepository(full, credential, cancellation) ?? FindNamed(full)) is { } named)
        {
            return named;
        }

        // A person's own link to a payload or a store; a link in place of a payload was taken as its manifest's above.
        string target = ResolveLink(full);
        return (target == full ? null : FindInRepository(target, credential, cancellation) ?? FindNamed(target)) ?? FindOther(target);
    }

    private static LocatedSnapshots? FindInRepository(string full, RepositoryCredential? credential, CancellationToken cancellation)
    {
        if (RepositoryLocation.Find(full) is not { } location)
        {
            return null;
        }

        RepositoryStore store = RepositoryStore.Open(location.Path, credential, cancellation);
        try
        {
            return new LocatedSnapshots(store, location.Snapshot is { } id ? store.Find(id) : null);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static LocatedSnapshots? FindNamed(string full)
    {
        string name = Path.GetFileName(full);
        string? parent = Path.GetDirectoryName(full);
        if (parent is null || !Directory.Exists(parent))
        {
            return null;
        }

        if (name.EndsWith(SnapshotStem.ManifestSuffix, StringComparison.Ordinal))
        {
            return In(parent, store => store.Find(name));
        }

        if (name == OxiosManifest.FileName && Path.GetDirectoryName(parent) is { } above)
        {
            string directory = Path.GetFileName(parent);
            return In(above, store => store.Find(directory + SnapshotStem.ManifestSuffix) is null ? store.FindOxios(directory) : null);
        }

        foreach (string suffix in (string[])["", SnapshotStem.DatabaseSuffix, SnapshotStem.ListingSuffix])
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal)
                && File.Exists(Path.Join(parent, name[..^suffix.Length] + SnapshotStem.ManifestSuffix))
                && In(parent, store => Owner(store, name, suffix)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static StoredSnapshot? Owner(FolderStore store, string name, string suffix)
    {
        StoredSnapshot? snapshot = store.Find(name[..^suffix.Length] + SnapshotStem.ManifestSuffix);
        return snapshot is not null && (snapshot.Manifest.Snapshot == name || suffix == SnapshotStem.ListingSuffix)
            ? snapshot
            : null;
    }

    private static LocatedSnapshots FindOther(string full)
    {
        string name = Path.GetFileName(full);
        string? parent = Path.GetDirectoryName(full);
        if (!Directory.Exists(full))
        {
            if (File.Exists(full) && In(parent!, store => store.FindBare(name)) is { } database)
            {
                return database;
            }

            bool isFile = File.Exists(full);
            bool isSnapshot = isFile
                || name.EndsWith(SnapshotStem.DatabaseSuffix, StringComparison.Ordinal)
                || name.EndsWith(SnapshotStem.ManifestSuffix, StringComparison.Ordinal);
            throw new BackupException(
                isSnapshot ? ErrorId.SnapshotNotFound : ErrorId.StoreNotFound,
                isFile
                    ? $"'{full}' is neither a snapshot, its manifest nor a database. Nothing was changed. Name one of these, or the store."
                    : $"There is no snapshot and no store at '{full}'. Nothing was changed. Check the path; {CommandNames.List} shows what a store holds.",
                full);
        }

        FolderStore self = FolderStore.OpenExisting(full);
        try
        {
            if (parent is null || self.IsMarked())
            {
                return new LocatedSnapshots(self, null);
            }

            if (In(parent, store => store.FindOxios(name)) is { } oxios)
            {
                self.Dispose();
                return oxios;
            }

            // A directory of Oxios backups, or one that waits for its first snapshot.
            if (self.List().Count > 0 || !Directory.EnumerateFileSystemEntries(full).Any())
            {
                return new LocatedSnapshots(self, null);
            }
        }
        catch
        {
            self.Dispose();
            throw;
        }

        self.Dispose();
        return In(parent, store => store.FindBare(name))
            ?? throw new BackupException(
                ErrorId.SnapshotNotFound, $"There is no snapshot at '{full}' any more. Nothing was changed.", full);
    }

    private static LocatedSnapshots? In(string directory, Func<FolderStore, StoredSnapshot?> find)
    {
        FolderStore store = FolderStore.OpenExisting(directory);
        try
        {
            if (find(store) is { } snapshot)
            {
                LocatedSnapshots located = new(store, snapshot);
                store = null!;
                return located;
            }

            return null;
        }
        finally
        {
            store?.Dispose();
        }
    }

    private static string ResolveLink(string path)
    {
        try
        {
            FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            return info.ResolveLinkTarget(returnFinalTarget: true) is { } target
                ? Path.TrimEndingDirectorySeparator(target.FullName)
                : path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }
}
