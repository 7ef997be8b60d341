using BackupTools.Restic;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>The root of a snapshot's tree, where the source's path begins and the manifest's directory stands.</summary>
internal static class RootTree
{
    /// <summary>
    /// The id that a root tree would have without the manifest's directory: what the manifest tells where the root of the
    /// file system is the source itself.
    /// </summary>
    public static ObjectId WithoutManifest(Repository repository, ObjectId tree) =>
        IdOf(repository.LoadTree(tree));

    /// <summary>The id of the tree that nodes make, but for the manifest's directory.</summary>
    public static ObjectId IdOf(IEnumerable<TreeNode> nodes) =>
        ObjectId.Hash(Encode(nodes.Where(static node => !IsManifest(node))).Finish().Span);

    /// <summary>Encodes a root tree with the manifest's directory in its place, instead of whatever had its name.</summary>
    public static TreeBuilder With(IEnumerable<TreeNode> nodes, TreeNode manifest) =>
        Encode(nodes.Where(static node => !IsManifest(node)).Append(manifest).OrderBy(static node => node.Name.ToArray(), s_byBytes));

    /// <summary>Whether a node has the name of the manifest's directory.</summary>
    public static bool IsManifest(TreeNode node) => node.Name.Span.SequenceEqual(TravellingManifest.DirectoryName.Bytes);

    private static readonly Comparer<byte[]> s_byBytes =
        Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right));

    /// <summary>Encodes a tree.</summary>
    public static TreeBuilder Encode(IEnumerable<TreeNode> nodes)
    {
        TreeBuilder builder = new();
        foreach (TreeNode node in nodes)
        {
            builder.Add(node);
        }

        return builder;
    }
}
