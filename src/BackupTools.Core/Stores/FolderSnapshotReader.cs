using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Stores;

/// <summary>Reads a snapshot of a folder store, never through a link.</summary>
internal sealed class FolderSnapshotReader : ISnapshotReader
{
    private readonly DirectoryHandle _store;
    private readonly Lock _gate = new();

    // The directories from the payload's root to the one that was opened last: files in order mostly share theirs.
    private readonly List<(TreePath Path, DirectoryHandle Directory)> _chain = [];

    /// <summary>Opens the snapshot.</summary>
    /// <param name="store">The store; retained.</param>
    /// <param name="snapshot">One of its snapshots.</param>
    public FolderSnapshotReader(DirectoryHandle store, StoredSnapshot snapshot)
    {
        _store = store.Retain();
        Snapshot = snapshot;
    }

    public StoredSnapshot Snapshot { get; }

    // The listing's hashes are for the caller to compare.
    public bool ProvesContent => false;

    private EntryName PayloadName => EntryName.FromText(Path.GetFileName(Snapshot.SnapshotPath));

    public IEnumerable<ListingEntry> ReadEntries(bool verifyListing = true)
    {
        string? listing = ListingName();
        return listing is null || (!verifyListing && !_store.TryGetStatus(EntryName.FromText(listing), out _))
            ? ReadPayload()
            : ReadListing(listing, verifyListing);
    }

    public IReadOnlyList<SnapshotProblem> LeftOut => [];

    public IReadOnlyList<SnapshotProblem> Lost => [];

    public string? FindFault()
    {
        if (Path.GetDirectoryName(Snapshot.SnapshotPath) != _store.Path)
        {
            return "its payload does not lie in the store";
        }

        bool isThere = Snapshot.Manifest.Kind == SnapshotKind.Directory
            ? Directory.Exists(Snapshot.SnapshotPath)
            : File.Exists(Snapshot.SnapshotPath);
        return isThere ? null : "its payload is missing";
    }

    // Another program's manifest does not tell the size of a directory.
    public long Measure(CancellationToken cancellation)
    {
        SnapshotManifest manifest = Snapshot.Manifest;
        if (manifest.Kind == SnapshotKind.Sqlite)
        {
            return new FileInfo(Snapshot.SnapshotPath).Length;
        }

        return manifest.Bytes is { } bytes && (bytes > 0 || manifest is { Origin: ManifestOrigin.BackupTools, Id.Length: > 0 })
            ? bytes
            : new DirectoryInfo(Snapshot.SnapshotPath)
                .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
                .Sum(static file => file.Length);
    }

    public CopiedContent CopyFile(ListingEntry file, FileHandle to, in ContentCopy copy) => Copy(file, to, copy);

    public CopiedContent CopyDatabase(FileHandle to, in ContentCopy copy)
    {
        using FileHandle from = OpenDatabase();
        return FolderContent.Copy(from, Snapshot.Manifest.Bytes ?? 0, to, copy);
    }

    public bool Verify(
        bool withContent, Findings findings, Action<ListingEntry> visit, ProgressTracker progress, CancellationToken cancellation) =>
        new FolderVerification(this, findings, progress, cancellation).Run(withContent, visit);

    /// <summary>Copies a file of a directory snapshot, or only reads it.</summary>
    internal CopiedContent Copy(ListingEntry file, FileHandle? to, in ContentCopy copy)
    {
        using FileHandle from = OpenFile(file.Path);
        return FolderContent.Copy(from, file.Bytes, to, copy);
    }

    /// <summary>The payload of a database snapshot.</summary>
    internal FileHandle OpenDatabase()
    {
        try
        {
            return CheckIsFile(_store.OpenFile(PayloadName));
        }
        catch (FileSystemException e)
        {
            throw StoreErrors.Reading(e);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Unwind(0);
        }

        _store.Dispose();
    }

    private FileHandle OpenFile(TreePath path)
    {
        try
        {
            using DirectoryHandle parent = OpenParent(path.Parent);
            return CheckIsFile(parent.OpenFile(path.Name));
        }
        catch (FileSystemException e)
        {
            throw StoreErrors.Reading(e);
        }
    }

    private static FileHandle CheckIsFile(FileHandle file)
    {
        if (file.GetStatus().Type == EntryType.File)
        {
            return file;
        }

        file.Dispose();
        throw new FileSystemException(FileSystemError.IsADirectory, "opening", file.Path, "it is no plain file");
    }

    // The stem's own name, whatever a damaged manifest says.
    private string? ListingName() =>
        Snapshot.Manifest.Kind == SnapshotKind.Directory
        && SnapshotStem.TryParseManifest(Path.GetFileName(Snapshot.ManifestPath), out SnapshotStem? stem)
            ? stem.Listing
            : null;

    private IEnumerable<ListingEntry> ReadListing(string name, bool verify)
    {
        string path = Path.Join(_store.Path, name);
        ListingStream stream;
        try
        {
            stream = new ListingStream(CheckIsFile(_store.OpenFile(EntryName.FromText(name))));
        }
        catch (FileSystemException e)
        {
            throw StoreErrors.Reading(e);
        }

        using (stream)
        {
            foreach (ListingEntry entry in ListingReader.Read(stream, path))
            {
                yield return entry;
            }

            if (verify && stream.GetHash() != Snapshot.Manifest.Sha256)
            {
                throw new BackupException(
                    ErrorId.VerificationFailed,
                    $"The listing '{path}' is not the one that its manifest was written for: the hashes differ. Nothing " +
                    "was changed; use another snapshot.",
                    path);
            }
        }
    }

    private IEnumerable<ListingEntry> ReadPayload()
    {
        string? leaveOut = Snapshot.Manifest.Origin == ManifestOrigin.Oxios ? OxiosManifest.FileName : null;
        using IEnumerator<ListingEntry> entries = Walk(leaveOut).GetEnumerator();
        while (true)
        {
            try
            {
                if (!entries.MoveNext())
                {
                    break;
                }
            }
            catch (FileSystemException e)
            {
                throw StoreErrors.Reading(e);
            }

            yield return entries.Current;
        }
    }

    private IEnumerable<ListingEntry> Walk(string? leaveOut)
    {
        using DirectoryHandle root = _store.OpenDirectory(PayloadName);
        foreach (ListingEntry entry in PayloadWalk.Read(root, leaveOut))
        {
            yield return entry;
        }
    }

    private DirectoryHandle OpenParent(TreePath directory)
    {
        lock (_gate)
        {
            if (_chain.Count == 0)
            {
                _chain.Add((TreePath.Root, _store.OpenDirectory(PayloadName)));
            }

            int common = _chain.Count;
            while (!directory.IsWithin(_chain[common - 1].Path))
            {
                common--;
            }

            Unwind(common);
            int depth = _chain[^1].Path.Depth;
            foreach (EntryName name in directory.Components().Skip(depth))
            {
                (TreePath above, DirectoryHandle handle) = _chain[^1];
                _chain.Add((above.Append(name), handle.OpenDirectory(name)));
            }

            return _chain[^1].Directory.Retain();
        }
    }

    private void Unwind(int length)
    {
        while (_chain.Count > length)
        {
            _chain[^1].Directory.Dispose();
            _chain.RemoveAt(_chain.Count - 1);
        }
    }
}
