using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// The entries below a tree of a repository, in a listing's order, a tree at a time for each level. Further names of a
/// file are told as hard links where the file says that it has several.
/// </summary>
internal sealed class TreeEntries
{
    private readonly Repository _repository;
    private readonly bool _isWholeTree;
    private readonly Action<SnapshotProblem> _leftOut;
    private readonly Action<SnapshotProblem>? _lost;
    private readonly Dictionary<(ulong Device, ulong Inode), LinkedFile> _linked = [];

    /// <summary>Prepares it.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="isWholeTree">Whether the tree is a snapshot's root, where the manifest is no part of the payload.</param>
    /// <param name="leftOut">Hears of what is of a kind that is not kept.</param>
    /// <param name="lost">Hears of a directory whose tree is lost; where nobody does, that is an error.</param>
    public TreeEntries(Repository repository, bool isWholeTree, Action<SnapshotProblem> leftOut, Action<SnapshotProblem>? lost)
    {
        _repository = repository;
        _isWholeTree = isWholeTree;
        _leftOut = leftOut;
        _lost = lost;
    }

    /// <summary>Reads the entries.</summary>
    /// <param name="root">The root's own entry.</param>
    /// <param name="tree">Its tree.</param>
    /// <exception cref="BackupException">The tree is not one that a restore could build.</exception>
    public IEnumerable<ListingEntry> Read(ListingEntry root, ObjectId tree)
    {
        yield return root;
        Stack<(TreePath Path, IEnumerator<TreeNode> Nodes)> levels = new();
        levels.Push((TreePath.Root, _repository.LoadTree(tree).GetEnumerator()));
        try
        {
            EntryName last = default;
            while (levels.TryPeek(out (TreePath Path, IEnumerator<TreeNode> Nodes) level))
            {
                if (!level.Nodes.MoveNext())
                {
                    levels.Pop().Nodes.Dispose();
                    last = level.Path.IsRoot ? default : level.Path.Name;
                    continue;
                }

                TreeNode node = level.Nodes.Current;
                TreePath path = PathOf(level.Path, node, last);
                last = path.Name;
                if (_isWholeTree && level.Path.IsRoot && path.Name.Equals(TravellingManifest.DirectoryName))
                {
                    continue;
                }

                if (NodeConversion.ToEntry(node, path) is not { } entry)
                {
                    _leftOut(new SnapshotProblem(path.Text, $"it is of a kind that is not restored: {node.Type}"));
                    continue;
                }

                yield return entry.Type == EntryType.File ? WithLink(entry, node) : entry;
                if (entry.Type == EntryType.Directory)
                {
                    ObjectId subtree = node.Subtree ?? throw Refuse(path.Text, "it is a directory without a tree");
                    levels.Push((path, Load(path, subtree).GetEnumerator()));
                    last = default;
                }
            }
        }
        finally
        {
            while (levels.TryPop(out (TreePath Path, IEnumerator<TreeNode> Nodes) level))
            {
                level.Nodes.Dispose();
            }
        }
    }

    private IEnumerable<TreeNode> Load(TreePath path, ObjectId tree)
    {
        try
        {
            return _repository.LoadTree(tree);
        }
        catch (Exception e) when (
            _lost is not null && e is RepositoryDataException or RepositoryException { Error: RepositoryError.BlobNotFound })
        {
            _lost(new SnapshotProblem(path.Text, $"what was in this directory is lost: {e.Message}"));
            return [];
        }
    }

    private static TreePath PathOf(TreePath parent, TreeNode node, EntryName last)
    {
        ReadOnlySpan<byte> name = node.Name.Span;
        if (name.SequenceEqual("."u8) || !TreePath.TryCreate(name, out TreePath single) || single.Depth != 1)
        {
            throw Refuse(
                parent.Text, $"an entry in it has the name '{System.Text.Encoding.UTF8.GetString(name)}', which is none on this system");
        }

        return last.IsDefault || name.SequenceCompareTo(last.Bytes) > 0
            ? parent.Append(single.Name)
            : throw Refuse(parent.Text, $"'{single.Text}' is out of order or stands there twice");
    }

    private static BackupException Refuse(string path, string reason) => new(
        ErrorId.SnapshotDamaged, $"'{path}' of the snapshot cannot be read: {reason}. Nothing was changed; use another snapshot.", path);

    private ListingEntry WithLink(ListingEntry entry, TreeNode node)
    {
        if (node.Links < 2 || node.Inode == 0)
        {
            return entry;
        }

        (ulong, ulong) identity = (node.DeviceId, node.Inode);
        if (!_linked.TryGetValue(identity, out LinkedFile? linked))
        {
            _linked.Add(identity, new LinkedFile(entry) { NamesToCome = node.Links - 1 });
            return entry;
        }

        if (--linked.NamesToCome == 0)
        {
            _linked.Remove(identity);
        }

        // A file that changed between its names was captured twice, and is restored so.
        return linked.First.Pieces!.SequenceEqual(entry.Pieces!) ? entry with { HardLink = linked.First.Path } : entry;
    }

    private sealed class LinkedFile(ListingEntry first)
    {
        public ListingEntry First { get; } = first;

        public ulong NamesToCome { get; set; }
    }
}
