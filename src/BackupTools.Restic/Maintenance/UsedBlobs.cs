using System.Collections;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Trees;

namespace BackupTools.Restic.Maintenance;

/// <summary>Finds which blobs the snapshots need: a bit for each entry of the index.</summary>
internal static class UsedBlobs
{
    /// <summary>Walks all snapshots.</summary>
    /// <returns>The first entry of every blob that is needed.</returns>
    /// <exception cref="RepositoryDataException">Something that is needed is missing or cannot be read.</exception>
    public static BitArray Find(Repository repository, BlobTable table, CancellationToken cancellation) =>
        Walk(repository, table, repository.ListSnapshots(cancellation), isTolerant: false, cancellation);

    /// <summary>Walks some snapshots as far as they can be read.</summary>
    /// <returns>The first entry of every blob that is found to be needed.</returns>
    public static BitArray FindWhatIsThere(
        Repository repository, BlobTable table, IReadOnlyCollection<ObjectId> snapshots, CancellationToken cancellation) =>
        Walk(repository, table, snapshots, isTolerant: true, cancellation);

    private static BitArray Walk(
        Repository repository,
        BlobTable table,
        IReadOnlyCollection<ObjectId> snapshots,
        bool isTolerant,
        CancellationToken cancellation)
    {
        BitArray used = new(table.Count);
        Stack<ObjectId> trees = new();
        foreach (ObjectId snapshot in snapshots)
        {
            try
            {
                Visit(BlobType.Tree, repository.LoadSnapshot(snapshot).Tree);
            }
            catch (Exception e) when (isTolerant && e is RepositoryDataException or FileNotFoundException)
            {
                continue;
            }

            while (trees.TryPop(out ObjectId tree))
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    foreach (TreeNode node in repository.LoadTree(tree))
                    {
                        Mark(node);
                    }
                }
                catch (RepositoryDataException) when (isTolerant)
                {
                    // Somebody else tells of it.
                }
            }

            void Visit(BlobType type, ObjectId id)
            {
                int number = table.Find(new BlobHandle(type, id));
                if (number < 0)
                {
                    if (isTolerant)
                    {
                        return;
                    }

                    throw new RepositoryDataException(
                        $"{new BlobHandle(type, id)}, which snapshot {snapshot} needs, is in no index. Nothing was removed.")
                    {
                        IsIndexIncomplete = true,
                    };
                }

                if (!used[number])
                {
                    used[number] = true;
                    if (type == BlobType.Tree)
                    {
                        trees.Push(id);
                    }
                }
            }

            void Mark(TreeNode node)
            {
                if (node.Subtree is ObjectId subtree)
                {
                    Visit(BlobType.Tree, subtree);
                }

                foreach (ObjectId id in node.Content ?? [])
                {
                    Visit(BlobType.Data, id);
                }
            }
        }

        return used;
    }
}
