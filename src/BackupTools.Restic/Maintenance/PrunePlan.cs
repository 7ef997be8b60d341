using System.Collections;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Maintenance;

/// <summary>What pruning is going to do: which packs stay, which go, and which are written anew.</summary>
internal sealed class PrunePlan
{
    // Packs of less than a quarter are put together where there are so many: every run leaves two that are not full.
    private const int ManySmallPacks = 10;

    private readonly BlobTable _table;
    private readonly Dictionary<ObjectId, PackUsage> _usage = [];

    private PrunePlan(BlobTable table, BitArray needed)
    {
        _table = table;
        Needed = needed;
    }

    /// <summary>The entries of which the blobs are kept: one for each blob that is needed.</summary>
    public BitArray Needed { get; }

    /// <summary>Packs in no index.</summary>
    public List<StoredFile> Unindexed { get; } = [];

    /// <summary>Packs that go and of which nothing is needed; some may be missing already.</summary>
    public HashSet<ObjectId> Remove { get; } = [];

    /// <summary>Packs that go after what is needed of them has been written anew.</summary>
    public HashSet<ObjectId> Repack { get; } = [];

    /// <summary>What was found out about each pack.</summary>
    public IReadOnlyDictionary<ObjectId, PackUsage> Usage => _usage;

    /// <summary>Decides.</summary>
    /// <param name="table">The index.</param>
    /// <param name="used">The first entry of every blob that is needed.</param>
    /// <param name="stored">The packs that there are.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="options">How thoroughly.</param>
    /// <exception cref="RepositoryDataException">A pack of which something is needed is missing, or not as long as it should be.</exception>
    public static PrunePlan Make(
        BlobTable table, BitArray used, IEnumerable<StoredFile> stored, Repository repository, PruneOptions options)
    {
        PrunePlan plan = new(table, new BitArray(table.Count));
        plan.MeasurePacks(used);
        plan.ChooseCopies(used);
        plan.Decide(stored, repository, options);
        return plan;
    }

    private void MeasurePacks(BitArray used)
    {
        foreach (IndexedPack pack in _table.Packs)
        {
            PackUsage usage = GetUsage(pack.Id);
            for (int i = pack.First; i < pack.First + pack.Count; i++)
            {
                PackBlob blob = _table.GetBlob(i);
                usage.Note(blob.Handle, blob.IsCompressed);
                usage.Header += PackHeader.GetEntryLength(blob.IsCompressed);
                int first = _table.Find(blob.Handle);
                if (!used[first])
                {
                    usage.Unused += blob.Length;
                    usage.UnusedBlobs++;
                }
                else if (first != i || _table.FindNumbers(blob.Handle).Skip(1).Any())
                {
                    usage.Copied += blob.Length;
                }
                else
                {
                    Needed[i] = true;
                    usage.Used += blob.Length;
                }
            }
        }
    }

    // Of each blob that is in several packs, one copy is kept, where that is worth most.
    private void ChooseCopies(BitArray used)
    {
        for (int i = 0; i < _table.Count; i++)
        {
            if (!used[i] || Needed[i])
            {
                continue;
            }

            int[] copies = [.. _table.FindNumbers(_table.GetBlob(i).Handle)];
            int kept = copies.MaxBy(copy => GetUsage(_table.GetPack(copy).Id).Worth);
            Needed[kept] = true;
            foreach (int copy in copies)
            {
                PackUsage usage = GetUsage(_table.GetPack(copy).Id);
                long length = _table.GetBlob(copy).Length;
                usage.Copied -= length;
                if (copy == kept)
                {
                    usage.Used += length;
                }
                else
                {
                    usage.Unused += length;
                    usage.UnusedBlobs++;
                }
            }
        }
    }

    private void Decide(IEnumerable<StoredFile> stored, Repository repository, PruneOptions options)
    {
        HashSet<ObjectId> missing = [.. _usage.Keys];
        List<PackUsage> candidates = [];
        List<PackUsage> small = [];
        foreach (StoredFile file in stored)
        {
            if (!_usage.TryGetValue(file.Id, out PackUsage? usage))
            {
                Unindexed.Add(file);
                continue;
            }

            missing.Remove(file.Id);
            if (usage.Used == 0)
            {
                Remove.Add(file.Id);
                continue;
            }

            RefuseIf(file.Length != usage.Length, $"pack {file.Id} has {file.Length} bytes, and should have {usage.Length}");
            if (usage.Unused > 0 || MustRepack(usage, repository))
            {
                candidates.Add(usage);
            }
            else if (file.Length < repository.PackSize / 4)
            {
                small.Add(usage);
            }
        }

        foreach (ObjectId pack in missing)
        {
            RefuseIf(_usage[pack].Used > 0, $"pack {pack} is missing");
            Remove.Add(pack);
        }

        ChooseRepacked(candidates, repository, options);
        if (small.Count >= ManySmallPacks)
        {
            Repack.UnionWith(small.Select(usage => usage.Id));
        }
    }

    private void ChooseRepacked(List<PackUsage> candidates, Repository repository, PruneOptions options)
    {
        long unused = candidates.Sum(usage => usage.Unused);
        double bound = options.MaxUnusedPercent >= 100
            ? double.PositiveInfinity
            : options.MaxUnusedPercent / (100 - options.MaxUnusedPercent) * _usage.Values.Sum(usage => usage.Used);

        // The most waste for the least writing first. Packs of trees are read often and compress well: always tidy.
        foreach (PackUsage usage in candidates.OrderByDescending(usage => (double)usage.Unused / usage.Length))
        {
            if (usage.HasTrees || MustRepack(usage, repository) || unused > bound)
            {
                Repack.Add(usage.Id);
                unused -= usage.Unused;
            }
        }
    }

    private static bool MustRepack(PackUsage usage, Repository repository) =>
        (usage.HasData && usage.HasTrees) || (usage.HasPlainTrees && repository.Compresses);

    private static void RefuseIf(bool condition, string what)
    {
        if (condition)
        {
            throw new RepositoryDataException(
                $"{what}; snapshots need what is in it. Nothing was removed. Check the repository first.");
        }
    }

    private PackUsage GetUsage(ObjectId pack)
    {
        if (!_usage.TryGetValue(pack, out PackUsage? usage))
        {
            usage = new PackUsage(pack) { Header = PackHeader.GetStoredLength(0) };
            _usage.Add(pack, usage);
        }

        return usage;
    }
}
