using BackupTools.Restic.Blobs;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Indexes;

/// <summary>
/// What is known of a repository's blobs: those in its index files, those in packs that are written but in no index file
/// yet, and those that are being saved. For any thread.
/// </summary>
internal sealed class MasterIndex
{
    private readonly Lock _lock = new();
    private readonly HashSet<BlobHandle> _pending = [];
    private readonly List<int> _unsaved = [];
    private BlobTable _table = new();
    private int _unsavedBlobs;

    /// <summary>The table as it is, for work that nothing else goes on beside.</summary>
    public BlobTable Table => _table;

    /// <summary>How many blobs are in packs that no index file tells of.</summary>
    public int UnsavedBlobs => Volatile.Read(ref _unsavedBlobs);

    /// <summary>Takes over what was read anew; what is not in an index file yet is kept.</summary>
    public void Replace(BlobTable table)
    {
        lock (_lock)
        {
            int[] numbers = [.. _unsaved.Select(n => table.Add(_table.Packs[n].Id, GetBlobs(_table, _table.Packs[n])))];
            _unsaved.Clear();
            _unsaved.AddRange(numbers.Where(number => number >= 0));
            _unsavedBlobs = _unsaved.Sum(number => table.Packs[number].Count);
            _table = table;
        }
    }

    /// <summary>Claims a blob for saving.</summary>
    /// <returns>False where it is known already, or being saved.</returns>
    public bool TryReserve(BlobHandle blob)
    {
        lock (_lock)
        {
            return _table.Find(blob) < 0 && _pending.Add(blob);
        }
    }

    /// <summary>Whether a blob is known, or being saved.</summary>
    public bool Contains(BlobHandle blob)
    {
        lock (_lock)
        {
            return _table.Find(blob) >= 0 || _pending.Contains(blob);
        }
    }

    /// <summary>A blob's entry, the first of them.</summary>
    public bool TryFind(BlobHandle blob, out BlobLocation location)
    {
        lock (_lock)
        {
            int number = _table.Find(blob);
            location = number < 0 ? default : new BlobLocation(_table.GetPack(number).Id, _table.GetBlob(number));
            return number >= 0;
        }
    }

    /// <summary>All entries of a blob.</summary>
    public List<BlobLocation> FindAll(BlobHandle blob)
    {
        lock (_lock)
        {
            return _table.FindAll(blob);
        }
    }

    /// <summary>Adds a pack that has been written.</summary>
    public void AddWritten(ObjectId pack, IReadOnlyList<PackBlob> blobs)
    {
        lock (_lock)
        {
            int number = _table.Add(pack, blobs);
            if (number >= 0)
            {
                _unsaved.Add(number);
                _unsavedBlobs += _table.Packs[number].Count;
            }

            foreach (PackBlob blob in blobs)
            {
                _pending.Remove(blob.Handle);
            }
        }
    }

    /// <summary>Gives up a claim, of a blob that is not going to be saved.</summary>
    public void Release(BlobHandle blob)
    {
        lock (_lock)
        {
            _pending.Remove(blob);
        }
    }

    /// <summary>The packs that are in no index file.</summary>
    public List<(ObjectId Pack, IReadOnlyList<PackBlob> Blobs)> GetUnsaved()
    {
        lock (_lock)
        {
            return [.. _unsaved.Select(number => (_table.Packs[number].Id, GetBlobs(_table, _table.Packs[number])))];
        }
    }

    /// <summary>The first of those packs are in an index file now.</summary>
    public void MarkSaved(int packs)
    {
        lock (_lock)
        {
            _unsavedBlobs -= _unsaved.Take(packs).Sum(number => _table.Packs[number].Count);
            _unsaved.RemoveRange(0, packs);
        }
    }

    /// <summary>The blobs of a pack, in the order of the table.</summary>
    public static IReadOnlyList<PackBlob> GetBlobs(BlobTable table, IndexedPack pack)
    {
        PackBlob[] blobs = new PackBlob[pack.Count];
        for (int i = 0; i < blobs.Length; i++)
        {
            blobs[i] = table.GetBlob(pack.First + i);
        }

        return blobs;
    }
}
