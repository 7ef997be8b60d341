using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Snapshots;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// The last snapshot of the same source, against which unchanged files and databases are recognised. It is one of this
/// program: others' do not tell which files are databases, and by their looks alone those cannot be told to be unchanged.
/// </summary>
internal sealed class ParentSnapshot
{
    private readonly Repository _repository;
    private readonly SnapshotManifest _manifest;
    private readonly PayloadRoot _root;
    private readonly Dictionary<TreePath, CapturedDatabase> _databases = [];

    // What changed after this may have changed again within the clock's grain, after it was read.
    private readonly DateTime _settledBefore;

    private ParentSnapshot(Repository repository, SnapshotRecord record, SnapshotManifest manifest, PayloadRoot root)
    {
        _repository = repository;
        _manifest = manifest;
        _root = root;
        _settledBefore = record.Time.ToDateTime() - TimeSpan.FromSeconds(1);
        Id = record.Id;
        foreach (CapturedDatabase database in manifest.Databases ?? [])
        {
            if (database.TryGetPath(out TreePath path))
            {
                _databases[path] = database;
            }
        }
    }

    /// <summary>Its id.</summary>
    public ObjectId Id { get; }

    /// <summary>The root of a directory.</summary>
    public KnownDirectory? Root => _root.IsDirectory ? new KnownDirectory(this, TreePath.Root, _root.Tree) : null;

    /// <summary>Finds the newest snapshot that can be the parent of a new one.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="snapshots">Its snapshots, oldest first.</param>
    /// <param name="draft">What is known of the new one.</param>
    public static ParentSnapshot? Find(Repository repository, IReadOnlyList<StoredSnapshot> snapshots, SnapshotManifest draft)
    {
        StoredSnapshot? newest = snapshots.LastOrDefault(snapshot =>
            snapshot.State != SnapshotState.Damaged
            && snapshot.Manifest is { Origin: ManifestOrigin.BackupTools, Databases: not null } manifest
            && manifest.Kind == draft.Kind
            && manifest.Source == draft.Source
            && manifest.Host == draft.Host);
        if (newest is null || !ObjectId.TryParse(newest.Manifest.Snapshot, out ObjectId id))
        {
            return null;
        }

        return Try(() =>
        {
            SnapshotRecord record = repository.LoadSnapshot(id);
            PayloadRoot? root = PayloadRoot.Find(repository, record.Tree, SourcePath.Components(draft.Source));
            return root is not null && root.IsDirectory == (draft.Kind == SnapshotKind.Directory)
                ? new ParentSnapshot(repository, record, newest.Manifest, root)
                : null;
        });
    }

    /// <summary>The database, where the source is one.</summary>
    public KnownDatabase? FindDatabase()
    {
        return _root.Node is { Type: NodeTypes.File } node && _databases.Count == 1 && HasContent(node)
            ? new KnownDatabase(Known(node, _databases.Values.Single()), _manifest)
            : null;
    }

    /// <summary>A file in one of its directories.</summary>
    public KnownFile? FindFile(TreePath path, TreeNode node, in FileStatus status)
    {
        CapturedDatabase? database = _databases.GetValueOrDefault(path);
        bool mayBeKnown = database is not null
            ? node.Type == NodeTypes.File
            : NodeConversion.IsUnchanged(node, status) && status.Changed.ToDateTime() < _settledBefore;
        return mayBeKnown && HasContent(node) ? Known(node, database) : null;
    }

    /// <summary>The nodes of one of its trees; none where it cannot be read, so that all in it is read anew.</summary>
    public TreeNode[] LoadTree(ObjectId tree) => Try(() => _repository.LoadTree(tree).ToArray()) ?? [];

    // What is damaged is found by verifying; here it means that nothing is known.
    private static T? Try<T>(Func<T?> action)
        where T : class
    {
        try
        {
            return action();
        }
        catch (Exception e) when (RepositoryErrors.IsMine(e))
        {
            return null;
        }
    }

    private static KnownFile Known(TreeNode node, CapturedDatabase? database) => new(
        new StoredContent((long)node.Size, null, node.Content), NodeConversion.AttributesOf(node), database);

    // What the index has lost is read and saved again.
    private bool HasContent(TreeNode node)
    {
        foreach (ObjectId piece in node.Content ?? [])
        {
            if (!_repository.ContainsBlob(BlobType.Data, piece))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A directory of the parent snapshot; its tree is read when something in it is asked for. For any thread.</summary>
internal sealed class KnownDirectory
{
    private readonly ParentSnapshot _parent;
    private readonly TreePath _path;
    private readonly Lazy<TreeNode[]> _nodes;

    /// <summary>Prepares it.</summary>
    public KnownDirectory(ParentSnapshot parent, TreePath path, ObjectId tree)
    {
        _parent = parent;
        _path = path;
        _nodes = new Lazy<TreeNode[]>(() => parent.LoadTree(tree));
    }

    /// <summary>A directory in it.</summary>
    public KnownDirectory? Find(EntryName name) =>
        FindNode(name)?.Subtree is { } tree ? new KnownDirectory(_parent, _path.Append(name), tree) : null;

    /// <summary>A file in it that need not be read again.</summary>
    public KnownFile? Find(EntryName name, in FileStatus status) =>
        FindNode(name) is { } node ? _parent.FindFile(_path.Append(name), node, status) : null;

    // They are ordered by the bytes of their names.
    private TreeNode? FindNode(EntryName name)
    {
        TreeNode[] nodes = _nodes.Value;
        int low = 0;
        int high = nodes.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = nodes[middle].Name.Span.SequenceCompareTo(name.Bytes);
            if (order == 0)
            {
                return nodes[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }
}
