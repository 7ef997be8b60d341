using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// Makes trees out of entries in a listing's order: there are never more than those from the root to the current entry.
/// </summary>
internal sealed class SnapshotTree(Repository repository)
{
    private readonly Stack<Level> _levels = new();

    /// <summary>Adds an entry behind the others.</summary>
    public void Add(ListingEntry entry, CancellationToken cancellation)
    {
        if (!entry.Path.IsRoot)
        {
            TreePath parent = entry.Path.Parent;
            while (!_levels.Peek().Entry.Path.Equals(parent))
            {
                Close(cancellation);
            }
        }

        if (entry.Type == EntryType.Directory)
        {
            _levels.Push(new Level(entry));
        }
        else
        {
            _levels.Peek().Tree.Add(NodeConversion.ToNode(entry, entry.Path.Name, null));
        }
    }

    /// <summary>Ends the tree of the source.</summary>
    /// <returns>The root's entry, and its tree, which is not saved yet.</returns>
    public (ListingEntry Root, TreeBuilder Tree) Finish(CancellationToken cancellation)
    {
        while (_levels.Count > 1)
        {
            Close(cancellation);
        }

        Level root = _levels.Pop();
        return (root.Entry, root.Tree);
    }

    private void Close(CancellationToken cancellation)
    {
        Level level = _levels.Pop();
        ObjectId id = repository.SaveTree(level.Tree, cancellation).Id;
        _levels.Peek().Tree.Add(NodeConversion.ToNode(level.Entry, level.Entry.Path.Name, id));
    }

    private sealed class Level(ListingEntry entry)
    {
        public ListingEntry Entry { get; } = entry;

        public TreeBuilder Tree { get; } = new();
    }
}
