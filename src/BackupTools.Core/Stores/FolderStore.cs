using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>A store of plain files in one directory, which any tool can open.</summary>
internal sealed class FolderStore : ISnapshotStore
{
    private readonly DirectoryHandle _root;
    private readonly List<string> _warnings = [];

    private FolderStore(DirectoryHandle root) => _root = root;

    public string Path => _root.Path;

    /// <summary>Opens a store that must be there.</summary>
    /// <exception cref="BackupException"><see cref="ErrorId.StoreNotFound"/>.</exception>
    public static FolderStore OpenExisting(string path)
    {
        string full = FullPath(path);
        try
        {
            return new FolderStore(DirectoryHandle.Open(full));
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.NotFound or FileSystemError.NotADirectory)
        {
            throw new BackupException(
                ErrorId.StoreNotFound,
                $"There is no store at '{full}': {e.Reason}. Nothing was changed. Check the path.",
                full,
                e);
        }
        catch (FileSystemException e)
        {
            throw new BackupException(
                ErrorId.InputOutput, $"The store '{full}' cannot be read: {e.Message}. Nothing was changed.", full, e);
        }
    }

    /// <summary>Opens a store, making its directory, private and durable, where it is missing.</summary>
    public static FolderStore OpenOrCreate(string path)
    {
        string full = FullPath(path);
        try
        {
            CreateMissing(full);
        }
        catch (FileSystemException e)
        {
            throw StoreErrors.Writing(e, $"The store '{full}' was not made.");
        }

        return OpenExisting(full);
    }

    /// <summary>
    /// Locks the store: exclusively to write or remove, shared to read. Cleaning up after dead runs is part of taking the
    /// exclusive lock. On a store that cannot be written the shared one is none.
    /// </summary>
    public StoreLock Lock(LockMode mode, TimeSpan timeout, CancellationToken cancellation)
    {
        if (mode == LockMode.Shared && !IsMarked())
        {
            // No run of this program was ever here: another program's backups get no file put beside them.
            return StoreLock.None;
        }

        StoreLock taken = StoreLock.Acquire(Path, mode, timeout, cancellation);
        if (mode == LockMode.Shared)
        {
            return taken;
        }

        try
        {
            new FolderCleaning(_root).Run(DateTime.UtcNow);
            return taken;
        }
        catch (FileSystemException e)
        {
            taken.Dispose();
            throw StoreErrors.Writing(e, "Nothing was changed.");
        }
    }

    public IReadOnlyList<StoredSnapshot> List() => Read(catalogue =>
        SnapshotIndex.Sort(catalogue.ReadAll(), static _ => null, int.MaxValue).Entries.Select(static entry => entry.Held!).ToList());

    public SnapshotIndex Index(Func<SnapshotManifest, bool> isWanted) => Read(catalogue => SnapshotIndex.Sort(
        catalogue.ReadAll().Where(snapshot => isWanted(snapshot.Manifest)), file => Read(_ => catalogue.Read(file))));

    /// <summary>The snapshot of a manifest in this store, damaged perhaps.</summary>
    /// <returns><see langword="null"/> where there is none.</returns>
    public StoredSnapshot? Find(string manifestName) => Read(catalogue => catalogue.Read(EntryName.FromText(manifestName)));

    /// <summary>A directory in this store as a backup made by Oxios.</summary>
    /// <returns><see langword="null"/> where it is none.</returns>
    public StoredSnapshot? FindOxios(string directoryName) =>
        Read(catalogue => catalogue.ReadOxios(EntryName.FromText(directoryName)));

    /// <summary>A payload in this directory that has no manifest.</summary>
    /// <returns><see langword="null"/> where it is neither a database nor a directory.</returns>
    public StoredSnapshot? FindBare(string name) => Read(_ => BarePayload.Describe(_root, EntryName.FromText(name)));

    /// <summary>Whether runs of this program, or of ai-memory, have left snapshots or their lock here.</summary>
    public bool IsMarked() => Read(catalogue =>
        _root.TryGetStatus(EntryName.FromText(StoreLock.FileName), out FileStatus _)
        || _root.ReadEntries().Any(entry =>
            entry.Name.Bytes.EndsWith(".manifest.json"u8) && SnapshotStem.TryParseManifest(entry.Name.Text, out _)));

    public IReadOnlyList<string> TakeWarnings()
    {
        string[] taken = [.. _warnings];
        _warnings.Clear();
        return taken;
    }

    // Each snapshot has files of its own.
    public StoreExamination Examine(
        IEnumerable<StoredSnapshot> snapshots, bool withContent, ProgressTracker progress, CancellationToken cancellation) =>
        StoreExamination.Sound;

    public ISnapshotReader Open(StoredSnapshot snapshot) => new FolderSnapshotReader(_root, snapshot);

    public FolderSnapshotWriter Create(string name, string kind, DateTime createdAt)
    {
        SnapshotName.Check(name);
        try
        {
            for (int sequence = 1; ; sequence++)
            {
                SnapshotStem stem = SnapshotStem.Create(name, createdAt, sequence);
                if (IsFree(stem))
                {
                    return new FolderSnapshotWriter(_root, stem, kind, _warnings.Add);
                }
            }
        }
        catch (FileSystemException e)
        {
            throw StoreErrors.Writing(e, "Nothing was changed.");
        }
    }

    IStoreLock ISnapshotStore.Lock(StoreUse use, TimeSpan timeout, CancellationToken cancellation) =>
        Lock(use is StoreUse.Read or StoreUse.Check ? LockMode.Shared : LockMode.Exclusive, timeout, cancellation);

    ISnapshotWriter ISnapshotStore.Create(SnapshotManifest draft) => Create(draft.Name, draft.Kind, draft.CreatedAt);

    public bool IsReadByExamination => false;

    public bool KeepsRoom => false;

    public bool Exists(StoredSnapshot snapshot) => snapshot.ManifestPath.Length == 0 || File.Exists(snapshot.ManifestPath);

    public bool IsPartOfSnapshot(string path)
    {
        while (System.IO.Path.GetDirectoryName(path) is { } parent)
        {
            if (parent == Path)
            {
                string[] manifests =
                [
                    path + SnapshotStem.ManifestSuffix,
                    System.IO.Path.Join(parent, System.IO.Path.GetFileNameWithoutExtension(path) + SnapshotStem.ManifestSuffix),
                ];
                return path.EndsWith(SnapshotStem.ManifestSuffix, StringComparison.Ordinal) || manifests.Any(File.Exists);
            }

            path = parent;
        }

        return false;
    }

    public void Remove(StoredSnapshot snapshot)
    {
        string manifestName = System.IO.Path.GetFileName(snapshot.ManifestPath);
        if (snapshot.State == SnapshotState.Damaged
            || snapshot.Manifest.Origin == ManifestOrigin.Oxios
            || System.IO.Path.GetDirectoryName(snapshot.ManifestPath) != Path
            || !SnapshotStem.TryParseManifest(manifestName, out SnapshotStem? stem))
        {
            throw new BackupException(
                ErrorId.SnapshotDamaged,
                $"The snapshot '{snapshot.ManifestPath}' is not removed: it is damaged or another program's. Nothing was " +
                "changed; remove it by hand if it is of no use.",
                snapshot.ManifestPath);
        }

        try
        {
            // From the partial manifest the next run finds what this one leaves if it dies here.
            _root.Rename(EntryName.FromText(stem.Manifest), _root, EntryName.FromText(stem.PartialManifest), RenameMode.Replace);
            _root.Sync();
            FolderCleaning.RemovePayload(_root, stem, snapshot.Manifest.Kind);
            _root.Sync();
            _root.DeleteFile(EntryName.FromText(stem.PartialManifest));
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            throw new BackupException(
                ErrorId.SnapshotNotFound, $"The snapshot '{snapshot.ManifestPath}' is gone already.", snapshot.ManifestPath, e);
        }
        catch (FileSystemException e)
        {
            throw StoreErrors.Writing(e, "The snapshot may be gone; what is left of it goes with the next run.");
        }
    }

    // Removing has given the room back already.
    public void Reclaim(ProgressTracker progress, CancellationToken cancellation)
    {
    }

    public void Dispose() => _root.Dispose();

    private static string FullPath(string path) => path.Length > 0
        ? System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path))
        : throw new BackupException(ErrorId.InvalidArgument, "The path of the store is empty. Nothing was changed.");

    private static void CreateMissing(string path)
    {
        if (Directory.Exists(path) || System.IO.Path.GetDirectoryName(path) is not { } parent)
        {
            return;
        }

        CreateMissing(parent);
        using DirectoryHandle above = DirectoryHandle.Open(parent);
        try
        {
            above.CreateDirectory(EntryName.FromText(System.IO.Path.GetFileName(path)), FolderSnapshotWriter.DirectoryMode);
            above.Sync();
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.Exists && Directory.Exists(path))
        {
            // Another run was faster.
        }
    }

    private bool IsFree(SnapshotStem stem)
    {
        string[] names =
        [
            stem.Manifest, stem.PartialManifest, stem.Listing,
            stem.Payload(SnapshotKind.Sqlite), stem.Payload(SnapshotKind.Directory),
        ];
        return names.All(name => !_root.TryGetStatus(EntryName.FromText(name), out _));
    }

    private T Read<T>(Func<FolderCatalogue, T> read)
    {
        try
        {
            return read(new FolderCatalogue(_root));
        }
        catch (FileSystemException e)
        {
            throw new BackupException(
                ErrorId.InputOutput, $"The store '{Path}' cannot be read: {e.Message}. Nothing was changed.", Path, e);
        }
    }
}
