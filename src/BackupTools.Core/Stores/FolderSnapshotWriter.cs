using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources;

namespace BackupTools.Core.Stores;

/// <summary>
/// Writes a snapshot into a folder store under names that tell the run, and publishes it by renames: the manifest, as
/// a partial one, is durable before anything takes a name of its own, and takes its own name last.
/// </summary>
internal sealed class FolderSnapshotWriter : ISnapshotWriter
{
    /// <summary>0600: a store is private, whatever the source's modes.</summary>
    public const int FileMode = 0x180;

    /// <summary>0700.</summary>
    public const int DirectoryMode = 0x1c0;

    private readonly DirectoryHandle _store;
    private readonly SnapshotStem _stem;
    private readonly string _kind;
    private readonly string _run = PartialName.NewRun();
    private readonly EntryName _partialPayload;
    private readonly EntryName _partialListing;
    private readonly FolderPublication _publication;
    private readonly FolderPayloadDirectory? _root;
    private readonly ListingFile? _listing;
    private readonly Lock _scratchGate = new();
    private readonly Action<string> _warn;
    private DirectoryHandle? _scratch;
    private bool _hasScratch;
    private string? _databaseHash;
    private bool _isDisposed;

    /// <summary>Begins to write.</summary>
    /// <param name="store">The store; retained.</param>
    /// <param name="stem">A stem none of whose names is taken.</param>
    /// <param name="kind">The snapshot's kind.</param>
    /// <param name="warn">Is told what the store's file system cannot keep.</param>
    public FolderSnapshotWriter(DirectoryHandle store, SnapshotStem stem, string kind, Action<string> warn)
    {
        _warn = warn;
        _store = store.Retain();
        _stem = stem;
        _kind = kind;
        _partialPayload = PartialName.Of(_run, "payload");
        _partialListing = PartialName.Of(_run, "listing");
        _publication = new FolderPublication(_store, stem, kind, _run);
        if (kind == SnapshotKind.Sqlite)
        {
            return;
        }

        try
        {
            store.CreateDirectory(_partialPayload, DirectoryMode);
            _root = new FolderPayloadDirectory(this, store.OpenDirectory(_partialPayload));
            _listing = new ListingFile(store.CreateFile(_partialListing, FileMode));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The payload's name in the store.</summary>
    public string PayloadName => _stem.Payload(_kind);

    /// <summary>The listing's name in the store (directories).</summary>
    public string ListingName => _stem.Listing;

    public string ScratchPath
    {
        get
        {
            _ = OpenScratch();
            return Path.Join(_store.Path, ScratchName.Text);
        }
    }

    public IPayloadDirectory Root => _root ?? throw new InvalidOperationException("A database snapshot has no directory.");

    private EntryName ScratchName => PartialName.Of(_run, "scratch");

    /// <summary>The open root of a directory's payload.</summary>
    internal DirectoryHandle PayloadRoot => (_root ?? throw new InvalidOperationException("A database snapshot has no directory.")).Handle;

    public KnownDatabase? FindKnownDatabase() => null;

    public IListingPart CreateListingPart() => new ListingWriter();

    public void AddListing(IListingPart part) => Listing().Write(((ListingWriter)part).Written);

    public StoredContent StoreDatabase(string scratchFile, string? sha256, CancellationToken cancellation)
    {
        // Side by side: the hash keeps a core busy while the disk writes back.
        Task sync = Task.Run(() => Sync(scratchFile), CancellationToken.None);
        try
        {
            sha256 ??= ContentHash.OfFile(scratchFile, cancellation);
        }
        finally
        {
            ((IAsyncResult)sync).AsyncWaitHandle.WaitOne();
        }

        sync.GetAwaiter().GetResult();
        return new StoredContent(new FileInfo(scratchFile).Length, sha256);
    }

    public void AdoptDatabase(ListingEntry database, string? scratchFile)
    {
        if (_kind != SnapshotKind.Sqlite || _databaseHash is not null || scratchFile is null)
        {
            throw new InvalidOperationException("Only a database snapshot has a database as its payload, and only one.");
        }

        Adopt(scratchFile, _store, _partialPayload);
        _databaseHash = database.Sha256;
    }

    /// <summary>Moves a file from the scratch place into a directory of the payload.</summary>
    public void Adopt(string scratchFile, DirectoryHandle into, EntryName name)
    {
        string full = Path.GetFullPath(scratchFile);
        EntryName file = EntryName.FromText(Path.GetFileName(full));
        using DirectoryHandle from = OpenScratchDirectory(Path.GetDirectoryName(full)!);
        if (!OperatingSystem.IsWindows() && from.TryGetStatus(file, out FileStatus status) && status.Mode != FileMode)
        {
            // SQLite makes its files readable to all.
            MakePrivate(from, file);
        }

        from.RenameToFreeName(file, into, name, amongOthers: true);
    }

    public StoredSnapshot Publish(SnapshotManifest manifest)
    {
        // Whoever asks for snapshots since this time must find this one: the file has milliseconds.
        DateTime createdAt = manifest.CreatedAt;
        CheckFits(manifest);
        manifest = manifest with
        {
            CreatedAt = createdAt.AddTicks(-(createdAt.Ticks % TimeSpan.TicksPerMillisecond)),
            Snapshot = PayloadName,
            Listing = _listing is null ? null : ListingName,
            Sha256 = _listing?.GetHash() ?? _databaseHash,
        };
        byte[] content = ManifestFile.Serialize(manifest);
        try
        {
            _publication.Publish(content, MakeDurable);
        }
        catch (FileSystemException e)
        {
            throw StoreErrors.Writing(e, _publication.TakeBackManifest()
                ? "Nothing was published."
                : $"The snapshot's manifest '{_stem.Manifest}' could not be taken back: the snapshot is there, and a power cut may still take it. Verify it.");
        }

        return new StoredSnapshot(
            manifest,
            Path.Join(_store.Path, _stem.Manifest),
            Path.Join(_store.Path, PayloadName),
            ManifestInterpreter.StateOf(manifest));
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _root?.Dispose();
        _listing?.Dispose();
        _publication.Dispose();
        if (_hasScratch)
        {
            RemoveScratch();
            _scratch?.Dispose();
        }

        _store.Dispose();
    }

    private static void MakePrivate(DirectoryHandle directory, EntryName name)
    {
        using FileHandle file = directory.OpenFile(name);
        try
        {
            file.SetMode(FileMode);
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported)
        {
            // The file is ours; a file system without modes refuses. The manifest's own mode shows that.
        }
    }

    private static void Sync(string path)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        directory.SyncFile(EntryName.FromText(Path.GetFileName(path)));
    }

    private void CheckFits(SnapshotManifest manifest)
    {
        if (manifest.Kind != _kind || (_listing is null && _databaseHash is null))
        {
            throw new InvalidOperationException($"The manifest does not tell what was written as '{_stem}'.");
        }
    }

    private void MakeDurable(FileHandle manifest)
    {
        int mode = manifest.GetStatus().Mode & 0x1ff;
        if (!OperatingSystem.IsWindows() && (mode & 0x3f) != 0)
        {
            _warn($"The snapshot is not private: the file system of the store gives files the mode {Convert.ToString(mode, 8)}, so others may read it. " +
                "Keep others out of a directory above, or mount the file system so that only its owner may read it.");
        }

        if (_listing is not null && _store.TrySyncFileSystem())
        {
            // One call for the payload, the listing, the manifest and all their names.
            return;
        }

        manifest.Sync();
        if (_listing is not null)
        {
            _listing.Sync();
            using DirectoryHandle payload = _store.OpenDirectory(_partialPayload);
            payload.SyncTree();
        }

        _store.Sync();
    }

    private ListingFile Listing() => _listing ?? throw new InvalidOperationException("A database snapshot has no listing.");

    private DirectoryHandle OpenScratch()
    {
        lock (_scratchGate)
        {
            if (_scratch is null)
            {
                _store.CreateDirectory(ScratchName, DirectoryMode);
                _hasScratch = true;
                _scratch = _store.OpenDirectory(ScratchName);
            }

            return _scratch;
        }
    }

    private void RemoveScratch()
    {
        try
        {
            // Mostly it is empty by now, and then it need not be opened for that.
            _store.DeleteDirectory(ScratchName);
        }
        catch (FileSystemException)
        {
            _ = FolderCleaning.TryRemove(_store, ScratchName);
        }
    }

    private DirectoryHandle OpenScratchDirectory(string path)
    {
        DirectoryHandle scratch = OpenScratch();
        string relative = Path.GetRelativePath(ScratchPath, path);
        return TreePath.TryCreate(relative.Replace(Path.DirectorySeparatorChar, '/'), out TreePath below)
            ? scratch.OpenPath(below)
            : throw new ArgumentException($"'{path}' does not lie in the scratch place.", nameof(path));
    }
}
