using System.Text;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Snapshots;
using BackupTools.Restic.Trees;

namespace BackupTools.Restic.Maintenance;

/// <summary>
/// Walks snapshots and tells which of their files and directories cannot be restored. A tree that several snapshots share is
/// read once.
/// </summary>
internal sealed class SnapshotCheck(
    Repository repository, BlobHealth health, List<Damage> damages, CancellationToken cancellation)
{
    // Not by recursion: how deep directories lie in each other, whoever wrote the repository decides.
    private readonly Stack<OpenTree> _open = new();
    private ObjectId _snapshot;

    public void Check(ObjectId snapshot)
    {
        _snapshot = snapshot;
        try
        {
            SnapshotRecord record = repository.LoadSnapshot(snapshot);
            Enter(record.Tree, string.Empty);
            while (_open.TryPeek(out OpenTree? tree))
            {
                cancellation.ThrowIfCancellationRequested();
                if (!TryGetNext(tree, out TreeNode? node))
                {
                    Leave();
                }
                else if (node is not null)
                {
                    CheckNode(tree, node);
                }
            }
        }
        catch (FileNotFoundException)
        {
            // Removed since it was listed, which only a check without a lock can meet.
        }
        catch (RepositoryDataException e)
        {
            damages.Add(new Damage(e.Message, new RepositoryFile(RepositoryFileType.Snapshot, snapshot), snapshot));
        }
    }

    private void CheckNode(OpenTree tree, TreeNode node)
    {
        if (node.Name.IsEmpty)
        {
            Report(tree, PathOf(tree, node), "a node has no name");
        }

        switch (node.Type)
        {
            case NodeTypes.Directory when node.Subtree is ObjectId subtree:
                Enter(subtree, PathOf(tree, node));
                break;
            case NodeTypes.Directory:
                Report(tree, PathOf(tree, node), "the directory has no tree");
                break;
            case NodeTypes.File when node.Content is null:
                Report(tree, PathOf(tree, node), "the file has no content");
                break;
            case NodeTypes.File:
                CheckContent(tree, node);
                break;
        }
    }

    // The first problem is enough.
    private void CheckContent(OpenTree tree, TreeNode node)
    {
        foreach (ObjectId id in node.Content!)
        {
            if (health.GetProblem(new BlobHandle(BlobType.Data, id)) is string problem)
            {
                Report(tree, PathOf(tree, node), problem);
                return;
            }
        }
    }

    private static string PathOf(OpenTree tree, TreeNode node) => $"{tree.Path}/{Encoding.UTF8.GetString(node.Name.Span)}";

    private void Enter(ObjectId tree, string path)
    {
        string shown = path.Length == 0 ? "/" : path;
        BlobHandle blob = new(BlobType.Tree, tree);
        string? problem = health.GetProblem(blob);
        if (problem is null && health.GetTreeState(tree) == BlobHealth.TreeState.Damaged)
        {
            problem = "there is damage in this directory that was told before";
        }

        if (problem is not null)
        {
            Report(_open.TryPeek(out OpenTree? parent) ? parent : null, shown, problem);
        }
        else if (health.GetTreeState(tree) == BlobHealth.TreeState.Unknown)
        {
            _open.Push(new OpenTree(tree, path, () => repository.LoadTree(tree)));
        }
    }

    private bool TryGetNext(OpenTree tree, out TreeNode? node)
    {
        node = null;
        try
        {
            bool found = tree.Nodes.MoveNext();
            node = found ? tree.Nodes.Current : null;
            return found;
        }
        catch (Exception e) when (e is RepositoryDataException or IOException or UnauthorizedAccessException)
        {
            Report(tree, tree.Path.Length == 0 ? "/" : tree.Path, e.Message);
            return false;
        }
    }

    private void Leave()
    {
        OpenTree tree = _open.Pop();
        tree.Nodes.Dispose();
        health.GetTreeState(tree.Id) = tree.IsDamaged ? BlobHealth.TreeState.Damaged : BlobHealth.TreeState.Sound;
        if (tree.IsDamaged && _open.TryPeek(out OpenTree? parent))
        {
            parent.IsDamaged = true;
        }
    }

    private void Report(OpenTree? tree, string path, string problem)
    {
        tree?.IsDamaged = true;
        damages.Add(new Damage($"snapshot {_snapshot}, '{path}': {problem}", File: null, _snapshot, path));
    }

    /// <summary>A tree on the way from the root to where the walk is.</summary>
    private sealed class OpenTree(ObjectId id, string path, Func<IEnumerable<TreeNode>> load)
    {
        public ObjectId Id => id;

        public string Path => path;

        public IEnumerator<TreeNode> Nodes { get; } = Iterate(load).GetEnumerator();

        public bool IsDamaged { get; set; }

        // Loads when the first node is asked for, where failures are caught.
        private static IEnumerable<TreeNode> Iterate(Func<IEnumerable<TreeNode>> load)
        {
            foreach (TreeNode node in load())
            {
                yield return node;
            }
        }
    }
}
