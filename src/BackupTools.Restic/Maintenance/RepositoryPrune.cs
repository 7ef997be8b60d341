using System.Collections;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Maintenance;

/// <summary>
/// Removes what no snapshot needs. At every moment everything that is needed is there and in an index: what is written anew
/// is written first, then the index that tells of it, then the index that told of the old packs is removed, then they are.
/// </summary>
internal sealed class RepositoryPrune(
    Repository repository, PruneOptions options, IProgress<RepositoryProgress>? progress, CancellationToken cancellation)
{
    public PruneReport Run()
    {
        repository.Flush(cancellation);
        List<StoredFile> indexFiles = repository.ListFiles(RepositoryFileType.Index, cancellation);
        IndexReading reading = repository.ReadIndexFiles(indexFiles, progress: null, cancellation);
        if (reading.Damages.Count > 0)
        {
            throw new RepositoryDataException(
                $"{reading.Damages[0].Message} What only that index tells of would be taken for garbage. Nothing was removed.")
            {
                IsIndexIncomplete = true,
            };
        }

        BlobTable table = reading.Table;
        repository.UseIndex(table);
        BitArray used = UsedBlobs.Find(repository, table, cancellation);
        PrunePlan plan = PrunePlan.Make(
            table, used, repository.Backend.List(RepositoryFileType.Pack, cancellation), repository, options);
        if (!options.DryRun)
        {
            Execute(plan, table, indexFiles);
        }

        return Report(plan);
    }

    private void Execute(PrunePlan plan, BlobTable table, List<StoredFile> indexFiles)
    {
        repository.Backend.RemoveLeftovers(cancellation);
        RemovePacks(plan.Unindexed.Select(file => file.Id));
        if (plan.Remove.Count == 0 && plan.Repack.Count == 0)
        {
            return;
        }

        BlobTable added = Repack(plan, table);
        HashSet<ObjectId> gone = [.. plan.Remove, .. plan.Repack];
        IEnumerable<(ObjectId Pack, IReadOnlyList<PackBlob> Blobs)> kept = table.Packs.Where(pack => !gone.Contains(pack.Id))
            .Select(pack => (pack.Id, MasterIndex.GetBlobs(table, pack)));
        repository.ReplaceIndexFiles(
            kept.Concat(added.Packs.Select(pack => (pack.Id, MasterIndex.GetBlobs(added, pack)))), indexFiles, cancellation);
        RemovePacks(gone);
        repository.LoadIndex(progress: null, cancellation);
    }

    private BlobTable Repack(PrunePlan plan, BlobTable table)
    {
        MasterIndex added = new();
        IndexedPack[] packs = [.. table.Packs.Where(pack => plan.Repack.Contains(pack.Id))];
        long total = packs.Sum(pack => GetNeeded(plan, table, pack).Sum(blob => (long)blob.Length));
        long done = 0;
        using BlobSaver saver = repository.StartSaver(added);
        foreach (IndexedPack pack in packs)
        {
            long length = plan.Usage[pack.Id].Length;
            using PackWindow window = new(repository.Backend, pack.Id, length, hash: false);
            using ScratchBuffer buffer = new();
            foreach (PackBlob blob in GetNeeded(plan, table, pack).OrderBy(blob => blob.Offset))
            {
                cancellation.ThrowIfCancellationRequested();
                Move(saver, pack.Id, blob, window.Get(blob.Offset, (int)blob.Length), buffer);
                done += blob.Length;
            }

            progress?.Report(new RepositoryProgress(done, total));
        }

        saver.Flush(cancellation);
        return added.Table;
    }

    private void Move(BlobSaver saver, ObjectId pack, PackBlob blob, ReadOnlySpan<byte> ciphertext, ScratchBuffer buffer)
    {
        Span<byte> content = buffer.Get(blob.ContentLength);
        try
        {
            repository.Decoder.Decode(blob, ciphertext, content);
        }
        catch (RepositoryDataException e)
        {
            throw new RepositoryDataException(
                $"{blob.Handle} in pack {pack}, which snapshots need, cannot be read: {e.Message} Nothing was removed.",
                e);
        }

        if (blob is { IsCompressed: false, Handle.Type: BlobType.Tree } && repository.Compresses)
        {
            saver.Save(blob.Handle, content, cancellation);
        }
        else
        {
            saver.SaveStored(blob, ciphertext, cancellation);
        }
    }

    private static IEnumerable<PackBlob> GetNeeded(PrunePlan plan, BlobTable table, IndexedPack pack) =>
        Enumerable.Range(pack.First, pack.Count).Where(number => plan.Needed[number]).Select(table.GetBlob);

    private void RemovePacks(IEnumerable<ObjectId> packs)
    {
        foreach (ObjectId pack in packs)
        {
            cancellation.ThrowIfCancellationRequested();
            repository.RequireLock();
            repository.Backend.Remove(new RepositoryFile(RepositoryFileType.Pack, pack));
        }
    }

    private static PruneReport Report(PrunePlan plan)
    {
        PackUsage[] removed = [.. plan.Remove.Select(pack => plan.Usage[pack])];
        PackUsage[] repacked = [.. plan.Repack.Select(pack => plan.Usage[pack])];
        long unindexed = plan.Unindexed.Sum(file => file.Length);
        return new PruneReport(
            removed.Length + repacked.Length + plan.Unindexed.Count,
            repacked.Length,
            removed.Concat(repacked).Sum(usage => (long)usage.UnusedBlobs),
            unindexed + removed.Sum(usage => usage.Length) + repacked.Sum(usage => usage.Unused),
            plan.Usage.Values.Sum(usage => usage.Used),
            plan.Usage.Values.Sum(usage => usage.Unused) - removed.Concat(repacked).Sum(usage => usage.Unused));
    }
}
