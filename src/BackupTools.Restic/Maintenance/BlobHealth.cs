using BackupTools.Restic.Blobs;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Maintenance;

/// <summary>What is known of each entry of the index: a byte each.</summary>
internal sealed class BlobHealth(BlobTable table)
{
    private readonly byte[] _damaged = new byte[table.Count];
    private readonly TreeState[] _trees = new TreeState[table.Count];

    /// <summary>What a walk found below a tree.</summary>
    public enum TreeState : byte
    {
        Unknown,
        Sound,
        Damaged,
    }

    /// <summary>Nothing in that pack can be read.</summary>
    public void MarkDamaged(IndexedPack pack) => MarkDamaged(pack, _ => true);

    /// <summary>Some of what is in that pack cannot be read. Any thread, for different packs.</summary>
    public void MarkDamaged(IndexedPack pack, Predicate<PackBlob> which)
    {
        for (int i = pack.First; i < pack.First + pack.Count; i++)
        {
            if (which(table.GetBlob(i)))
            {
                _damaged[i] = 1;
            }
        }
    }

    /// <summary>What is wrong with a blob; null where at least one copy is well.</summary>
    public string? GetProblem(BlobHandle blob)
    {
        int first = table.Find(blob);
        return first < 0 ? $"{blob} is in no index"
            : _damaged[first] == 0 || table.FindNumbers(blob).Any(number => _damaged[number] == 0) ? null
            : $"{blob} cannot be read";
    }

    /// <summary>Another walk begins.</summary>
    public void ForgetTrees() => Array.Clear(_trees);

    /// <summary>What a walk found below a tree that is in the index.</summary>
    public ref TreeState GetTreeState(ObjectId tree) => ref _trees[table.Find(new BlobHandle(BlobType.Tree, tree))];
}
