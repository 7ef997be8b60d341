using System.Collections;
using System.Collections.Concurrent;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
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
            ReadPacksAndWalk(indexed, stored, snapshots);
        }
        else
        {
            _damages.AddRange(Walk(snapshots, cancellation));
        }

        return new CheckReport(_damages, _notes, snapshots.Count, _packsRead, _unindexedPacks);
    }

    private void ReadIndex()
    {
        IndexReading? reading = options.TrustsLoadedIndex ? repository.LoadedIndex : null;
        if (reading is null)
        {
            reading = repository.ReadIndex(progress: null, cancellation);
            repository.UseIndex(reading.Table);
        }

        _damages.AddRange(reading.Damages);
        _notes.AddRange(reading.Notes);
        _table = reading.Table;
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

    // Snapshots are walked beside the packs, which they do not keep busy, as if every pack were well: nearly always that is
    // so. Else they are walked once more, to tell what the damage means for them.
    private void ReadPacksAndWalk(
        Dictionary<ObjectId, IndexedPack[]> indexed, Dictionary<ObjectId, long> stored, IReadOnlyList<ObjectId> snapshots)
    {
        HashSet<ObjectId>? which = GetPacksToRead();
        List<List<Damage>> found = [];
        Func<CancellationToken, List<Damage>>[] parts =
            [stop => ReadPacks(indexed, stored, which, stop), stop => Walk(snapshots, stop)];
        WorkAhead.Run(parts, static (part, stop) => part(stop), (_, damages) => found.Add(damages), cancellation);
        (List<Damage> ofPacks, List<Damage> ofSnapshots) = (found[0], found[1]);
        if (ofPacks.Count > 0)
        {
            _health.ForgetTrees();
            ofSnapshots = Walk(snapshots, cancellation);
        }

        _damages.AddRange(ofPacks);
        _damages.AddRange(ofSnapshots);
    }

    private List<Damage> Walk(IReadOnlyList<ObjectId> snapshots, CancellationToken stop)
    {
        List<Damage> damages = [];
        SnapshotCheck walk = new(repository, _health, damages, stop);
        foreach (ObjectId snapshot in snapshots)
        {
            walk.Check(snapshot);
        }

        return damages;
    }

    private List<Damage> ReadPacks(
        Dictionary<ObjectId, IndexedPack[]> indexed,
        Dictionary<ObjectId, long> stored,
        HashSet<ObjectId>? which,
        CancellationToken stop)
    {
        KeyValuePair<ObjectId, long>[] packs =
            [.. stored.Where(pack => indexed.ContainsKey(pack.Key) && which?.Contains(pack.Key) != false)];
        long total = packs.Sum(pack => pack.Value);
        long done = 0;
        ConcurrentQueue<Damage> damages = new();
        ParallelOptions parallel = new()
        {
            CancellationToken = stop,
            MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount),
        };

        // One at a time: packs are few and large, and whoever had several of the last ones would be waited for.
        Parallel.ForEach(Partitioner.Create(packs, EnumerablePartitionerOptions.NoBuffering), parallel, pack =>
        {
            RepositoryFile file = new(RepositoryFileType.Pack, pack.Key);
            foreach (string problem in ReadPack(pack.Key, pack.Value, indexed[pack.Key], stop))
            {
                damages.Enqueue(new Damage($"{file}: {problem}", file));
            }

            progress?.Report(new RepositoryProgress(Interlocked.Add(ref done, pack.Value), total));
        });
        _packsRead = packs.Length;
        return [.. damages];
    }

    private List<string> ReadPack(ObjectId pack, long length, IndexedPack[] parts, CancellationToken stop)
    {
        try
        {
            return PackVerification.Verify(
                repository,
                pack,
                length,
                parts.SelectMany(part => MasterIndex.GetBlobs(_table, part)),
                damaged => Array.ForEach(parts, part => _health.MarkDamaged(part, blob => blob == damaged)),
                stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RepositoryDataException)
        {
            Array.ForEach(parts, _health.MarkDamaged);
            return [e.Message];
        }
    }
}
