using System.Collections;
using System.Collections.Concurrent;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Maintenance;

/// <summary>
/// Checks a repository from the bottom up: index files, packs, then what all that means for snapshots. Nothing that is
/// found ends it.
/// </summary>
internal sealed class RepositoryCheck(
    Repository repository, CheckOptions options, IProgress<RepositoryProgress>? progress, CancellationToken cancellation)
{
    private readonly List<Damage> _damages = [];
    private readonly List<string> _notes = [];
    private BlobTable _table = new();
    private BlobHealth _health = new(new BlobTable());
    private int _packsRead;
    private int _unindexedPacks;

    public CheckReport Run()
    {
        repository.Flush(cancellation);

        // Snapshots first: what is added meanwhile has its index before its snapshot.
        IReadOnlyList<ObjectId> snapshots = [.. options.Snapshots ?? repository.ListSnapshots(cancellation)];
        ReadIndex();
        Dictionary<ObjectId, IndexedPack[]> indexed =
            _table.Packs.GroupBy(pack => pack.Id).ToDictionary(group => group.Key, group => group.ToArray());
        Dictionary<ObjectId, long> stored = repository.Backend.List(RepositoryFileType.Pack, cancellation)
            .ToDictionary(file => file.Id, file => file.Length);
        ComparePacks(indexed, stored);
        if (options.ReadData)
        {
            ReadPacks(indexed, stored, GetPacksToRead());
        }

        SnapshotCheck walk = new(repository, _health, _damages, cancellation);
        foreach (ObjectId snapshot in snapshots)
        {
            walk.Check(snapshot);
        }

        return new CheckReport(_damages, _notes, snapshots.Count, _packsRead, _unindexedPacks);
    }

    private void ReadIndex()
    {
        Dictionary<ObjectId, ObjectId> indexes = [];
        _table = repository.ReadIndexFiles(
            repository.ListFiles(RepositoryFileType.Index, cancellation),
            _damages,
            progress: null,
            cancellation,
            (index, pack) =>
            {
                if (!indexes.TryAdd(pack, index) && indexes[pack] != index)
                {
                    _notes.Add($"pack {pack} is in several indexes: {indexes[pack]} and {index}.");
                }
            });
        repository.UseIndex(_table);
        _health = new BlobHealth(_table);
    }

    private void ComparePacks(Dictionary<ObjectId, IndexedPack[]> indexed, Dictionary<ObjectId, long> stored)
    {
        foreach ((ObjectId pack, IndexedPack[] parts) in indexed)
        {
            RepositoryFile file = new(RepositoryFileType.Pack, pack);
            if (!stored.TryGetValue(pack, out long length))
            {
                _damages.Add(new Damage($"{file} is missing; there are {parts.Sum(p => p.Count)} blobs in it.", file));
                Array.ForEach(parts, _health.MarkDamaged);
                continue;
            }

            long expected = PackHeader.GetFileLength(parts.SelectMany(part => MasterIndex.GetBlobs(_table, part)));
            if (length != expected)
            {
                _damages.Add(new Damage($"{file} has {length} bytes, and should have {expected}.", file));

                // What lies in the part that is there can be read.
                foreach (IndexedPack part in parts)
                {
                    _health.MarkDamaged(part, blob => blob.End > length);
                }
            }
        }

        ObjectId[] unindexed = [.. stored.Keys.Where(pack => !indexed.ContainsKey(pack))];
        _unindexedPacks = unindexed.Length;
        _notes.AddRange(unindexed.Select(pack => $"pack {pack} is in no index."));
    }

    // Of some snapshots, the packs that hold what they need; null for all.
    private HashSet<ObjectId>? GetPacksToRead()
    {
        if (options.Snapshots is null)
        {
            return null;
        }

        BitArray needed = UsedBlobs.FindWhatIsThere(repository, _table, options.Snapshots, cancellation);
        return
        [
            .. _table.Packs.Where(pack => Enumerable.Range(pack.First, pack.Count).Any(number => needed[number]))
                .Select(pack => pack.Id),
        ];
    }

    private void ReadPacks(
        Dictionary<ObjectId, IndexedPack[]> indexed, Dictionary<ObjectId, long> stored, HashSet<ObjectId>? which)
    {
        KeyValuePair<ObjectId, long>[] packs =
            [.. stored.Where(pack => indexed.ContainsKey(pack.Key) && which?.Contains(pack.Key) != false)];
        long total = packs.Sum(pack => pack.Value);
        long done = 0;
        ConcurrentQueue<Damage> damages = new();
        ParallelOptions parallel = new()
        {
            CancellationToken = cancellation,
            MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount),
        };

        // One at a time: packs are few and large, and whoever had several of the last ones would be waited for.
        Parallel.ForEach(Partitioner.Create(packs, EnumerablePartitionerOptions.NoBuffering), parallel, pack =>
        {
            RepositoryFile file = new(RepositoryFileType.Pack, pack.Key);
            foreach (string problem in ReadPack(pack.Key, pack.Value, indexed[pack.Key]))
            {
                damages.Enqueue(new Damage($"{file}: {problem}", file));
            }

            progress?.Report(new RepositoryProgress(Interlocked.Add(ref done, pack.Value), total));
        });
        _packsRead = packs.Length;
        _damages.AddRange(damages);
    }

    private List<string> ReadPack(ObjectId pack, long length, IndexedPack[] parts)
    {
        try
        {
            return PackVerification.Verify(
                repository,
                pack,
                length,
                parts.SelectMany(part => MasterIndex.GetBlobs(_table, part)),
                damaged => Array.ForEach(parts, part => _health.MarkDamaged(part, blob => blob == damaged)),
                cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RepositoryDataException)
        {
            Array.ForEach(parts, _health.MarkDamaged);
            return [e.Message];
        }
    }
}
