using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;
using BackupTools.Restic;
using BackupTools.Restic.Snapshots;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Reads a snapshot of a repository.</summary>
internal sealed class RepositorySnapshotReader : ISnapshotReader
{
    private const string Left = "Nothing was changed.";

    private readonly Repository _repository;
    private readonly RecentRoot _recent;
    private readonly PieceReader _pieces;
    private readonly Lazy<PayloadRoot> _root;
    private readonly Dictionary<TreePath, CapturedDatabase> _databases = [];
    private readonly HashSet<string> _changed;
    private readonly List<SnapshotProblem> _leftOut = [];
    private readonly List<SnapshotProblem> _lost = [];

    /// <summary>Opens a snapshot; nothing is read yet.</summary>
    /// <param name="repository">The repository, its index loaded.</param>
    /// <param name="snapshot">One of its snapshots.</param>
    /// <param name="recent">What readers before this one found.</param>
    public RepositorySnapshotReader(Repository repository, StoredSnapshot snapshot, RecentRoot recent)
    {
        _repository = repository;
        _recent = recent;
        _pieces = new PieceReader(repository);
        Snapshot = snapshot;
        _root = new Lazy<PayloadRoot>(FindRoot);
        _changed = [.. snapshot.Manifest.ChangedWhileRead];
        foreach (CapturedDatabase database in snapshot.Manifest.Databases ?? [])
        {
            if (database.TryGetPath(out TreePath path))
            {
                _databases[path] = database;
            }
        }
    }

    public StoredSnapshot Snapshot { get; }

    // Each blob and each tree by its id, from the snapshot's own down.
    public bool ProvesContent => true;

    public IReadOnlyList<SnapshotProblem> LeftOut => _leftOut;

    public IReadOnlyList<SnapshotProblem> Lost => _lost;

    public string? FindFault()
    {
        try
        {
            _ = _root.Value;
            return null;
        }
        catch (BackupException e)
        {
            return e.Message;
        }
        catch (Exception e) when (RepositoryErrors.IsMine(e))
        {
            return e.Message.TrimEnd('.');
        }
    }

    public long Measure(CancellationToken cancellation)
    {
        SnapshotManifest manifest = Snapshot.Manifest;
        if (manifest.Bytes is { } known && (manifest.Kind == SnapshotKind.Sqlite || manifest.Origin == ManifestOrigin.BackupTools))
        {
            return known;
        }

        long bytes = 0;
        foreach (ListingEntry entry in ReadEntries())
        {
            cancellation.ThrowIfCancellationRequested();
            bytes += entry.HardLink is null ? entry.Bytes : 0;
        }

        return bytes;
    }

    public IEnumerable<ListingEntry> ReadEntries(bool verifyListing = true)
    {
        PayloadRoot root = RepositoryErrors.Translate(Snapshot.SnapshotPath, Left, () => _root.Value);
        if (verifyListing)
        {
            RepositoryErrors.Translate(Snapshot.SnapshotPath, Left, () => Compare(root));
        }

        _leftOut.Clear();
        _lost.Clear();
        TreeEntries entries = new(_repository, root.IsSnapshotRoot, _leftOut.Add, verifyListing ? null : _lost.Add);
        using IEnumerator<ListingEntry> each = entries.Read(RootEntry(root), root.Tree).GetEnumerator();
        while (RepositoryErrors.Translate(Snapshot.SnapshotPath, Left, each.MoveNext))
        {
            yield return WithFacts(each.Current);
        }
    }

    public CopiedContent CopyFile(ListingEntry file, FileHandle to, in ContentCopy copy) => Copy(file, to, copy);

    public CopiedContent CopyDatabase(FileHandle to, in ContentCopy copy) => Copy(DatabaseEntry(), to, copy);

    // That all is there, an examination of the repository has shown.
    public bool Verify(
        bool withContent, Findings findings, Action<ListingEntry> visit, ProgressTracker progress, CancellationToken cancellation)
    {
        RepositoryErrors.Translate(Snapshot.SnapshotPath, Left, () => Compare(_root.Value));
        foreach (CapturedDatabase database in Snapshot.Manifest.Kind == SnapshotKind.Directory ? Snapshot.Manifest.Databases ?? [] : [])
        {
            if (database.TryGetPath(out TreePath path))
            {
                visit(new ListingEntry { Path = path, Type = EntryType.File, Capture = database.Capture, Check = database.Check });
            }
        }

        return true;
    }

    public void Dispose()
    {
        // The repository stays open for others.
    }

    /// <summary>Copies a file, or only reads it.</summary>
    internal CopiedContent Copy(ListingEntry file, FileHandle? to, in ContentCopy copy)
    {
        string path = Path.Join(Snapshot.SnapshotPath, file.Path.Text);
        return _pieces.Copy(path, file.Bytes, file.Pieces ?? [], to, copy);
    }

    /// <summary>The file of a database snapshot, its tree compared with the manifest.</summary>
    internal ListingEntry DatabaseEntry() => RepositoryErrors.Translate(Snapshot.SnapshotPath, Left, () =>
    {
        PayloadRoot root = _root.Value;
        Compare(root);
        TreePath path = TreePath.Root.Append(EntryName.FromBytes(root.Node!.Name.Span));
        return NodeConversion.ToEntry(root.Node, path) ?? throw NotThere("it is no file");
    });

    private PayloadRoot FindRoot()
    {
        ObjectId id = Id();
        SnapshotRecord record = LoadRecord(id);
        return _recent.GetOrFind(id, () => FindRoot(record));
    }

    private PayloadRoot FindRoot(SnapshotRecord record)
    {
        SnapshotManifest manifest = Snapshot.Manifest;
        if (manifest.Origin == ManifestOrigin.BackupTools)
        {
            PayloadRoot? found = PayloadRoot.Find(_repository, record.Tree, SourcePath.Components(manifest.Source));
            return found is not null && found.IsDirectory == (manifest.Kind == SnapshotKind.Directory)
                ? found
                : throw NotThere($"its tree has no {manifest.Kind} at '{manifest.Source}'");
        }

        IReadOnlyList<EntryName> path = SourcePath.Components(SourcePath.CommonAncestor(record.Paths));
        return PayloadRoot.FindInForeign(_repository, record.Tree, path);
    }

    private ObjectId Id() =>
        ObjectId.TryParse(Snapshot.Manifest.Snapshot, out ObjectId id) ? id : throw NotThere("it has no id");

    private SnapshotRecord LoadRecord(ObjectId id)
    {
        try
        {
            return _repository.LoadSnapshot(id);
        }
        catch (FileNotFoundException e)
        {
            throw new BackupException(
                ErrorId.SnapshotNotFound, $"The snapshot '{Snapshot.SnapshotPath}' is gone. {Left}", Snapshot.SnapshotPath, e);
        }
    }

    // restic's rewrite may have left something out; then the manifest does not describe what is there.
    private bool Compare(PayloadRoot root)
    {
        SnapshotManifest manifest = Snapshot.Manifest;
        if (manifest.Origin == ManifestOrigin.BackupTools
            && manifest.Sha256 != (root.IsSnapshotRoot ? RootTree.WithoutManifest(_repository, root.Tree) : root.Tree).ToString())
        {
            throw new BackupException(
                ErrorId.VerificationFailed,
                $"The tree of the snapshot '{Snapshot.SnapshotPath}' is not the one that its manifest was written for: the ids differ. " +
                $"It may have been rewritten by restic. {Left} Use another snapshot, or skip the verification.",
                Snapshot.SnapshotPath);
        }

        return true;
    }

    private ListingEntry RootEntry(PayloadRoot root)
    {
        if (root is { IsDirectory: true, Node: { } node })
        {
            return NodeConversion.ToEntry(node, TreePath.Root)!;
        }

        return new ListingEntry
        {
            Path = TreePath.Root,
            Type = EntryType.Directory,
            Modified = Timestamp.FromDateTime(Snapshot.Manifest.CreatedAt),
            Mode = OperatingSystem.IsWindows() ? null : 0x1ed,
        };
    }

    private ListingEntry WithFacts(ListingEntry entry)
    {
        if (_databases.Count == 0 && _changed.Count == 0)
        {
            return entry;
        }

        CapturedDatabase? database = entry.HardLink is null ? _databases.GetValueOrDefault(entry.Path) : null;
        return entry with
        {
            Capture = database?.Capture,
            CapturedAt = database?.CapturedAt,
            Check = database?.Check,
            ChangedWhileRead = _changed.Count > 0 && _changed.Contains(entry.Path.Text),
        };
    }

    private BackupException NotThere(string reason) => new(
        ErrorId.SnapshotDamaged,
        string.Create(CultureInfo.InvariantCulture, $"The snapshot '{Snapshot.SnapshotPath}' is damaged: {reason}. {Left} Use another snapshot."),
        Snapshot.SnapshotPath);
}
