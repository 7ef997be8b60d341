using BackupTools.Core.FileSystem;
using BackupTools.Restic;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Where a snapshot's payload begins in its tree.</summary>
/// <param name="Tree">
/// The directory's tree; of a database, or another single file, the tree of the directory that holds it.
/// </param>
/// <param name="Node">The node that the source's path leads to; absent for the root of the tree.</param>
/// <param name="IsSnapshotRoot">Whether the tree is the snapshot's root, where the manifest is no part of the payload.</param>
internal sealed record PayloadRoot(ObjectId Tree, TreeNode? Node, bool IsSnapshotRoot)
{
    /// <summary>Whether the path leads to a directory.</summary>
    public bool IsDirectory => Node is null || Node.Type == NodeTypes.Directory;

    /// <summary>Follows a source's path from a tree's root.</summary>
    /// <returns><see langword="null"/> where the tree has no such path.</returns>
    public static PayloadRoot? Find(Repository repository, ObjectId tree, IReadOnlyList<EntryName> path)
    {
        ObjectId current = tree;
        TreeNode? node = null;
        for (int i = 0; i < path.Count; i++)
        {
            EntryName name = path[i];
            node = repository.LoadTree(current).FirstOrDefault(candidate => candidate.Name.Span.SequenceEqual(name.Bytes));
            if (node is null || (node.Type != NodeTypes.Directory && i < path.Count - 1))
            {
                return null;
            }

            current = node.Subtree ?? current;
        }

        return new PayloadRoot(current, node, current == tree);
    }

    /// <summary>
    /// The same for a snapshot that restic made: of a relative path it keeps as much as was named, of <c>.</c> the entries
    /// alone, at the root.
    /// </summary>
    public static PayloadRoot FindInForeign(Repository repository, ObjectId tree, IReadOnlyList<EntryName> path)
    {
        for (int skipped = 0; skipped < path.Count; skipped++)
        {
            if (Find(repository, tree, [.. path.Skip(skipped)]) is { } found)
            {
                return found;
            }
        }

        return new PayloadRoot(tree, null, IsSnapshotRoot: true);
    }
}
