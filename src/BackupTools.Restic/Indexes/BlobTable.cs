using System.Runtime.InteropServices;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Indexes;

/// <summary>
/// Where every blob lies, found by its id: 44 bytes a blob and four to ten for the hash table. A large repository has
/// millions of blobs, so none is an object, and none says which pack it is in: a pack's entries stand one behind the other.
/// Not for several threads.
/// </summary>
internal sealed class BlobTable
{
    private const int SegmentBits = 13;
    private const int SegmentSize = 1 << SegmentBits;
    private const uint TreeFlag = 1u << 31;

    private readonly List<Entry[]> _segments = [];
    private readonly List<IndexedPack> _packs = [];
    private readonly Dictionary<ObjectId, int> _packNumbers = [];

    // Numbers of entries plus one, by the ids' first bytes; 0 is free. An id that is hashed already needs no hashing.
    private int[] _buckets = new int[1024];

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>The packs, in the order in which they were added.</summary>
    public IReadOnlyList<IndexedPack> Packs => _packs;

    /// <summary>Whether a pack is known.</summary>
    public bool ContainsPack(ObjectId pack) => _packNumbers.ContainsKey(pack);

    /// <summary>Adds a pack's blobs, without those that are known to lie at that place of that pack already.</summary>
    /// <returns>The pack's number, or -1 where nothing was added.</returns>
    public int Add(ObjectId pack, IReadOnlyList<PackBlob> blobs)
    {
        bool isKnown = _packNumbers.ContainsKey(pack);
        int first = Count;
        for (int i = 0; i < blobs.Count; i++)
        {
            if (!isKnown || !FindAll(blobs[i].Handle).Contains(new BlobLocation(pack, blobs[i])))
            {
                Append(blobs[i]);
            }
        }

        if (isKnown && Count == first)
        {
            return -1;
        }

        _packs.Add(new IndexedPack(pack, first, Count - first));
        _packNumbers.TryAdd(pack, _packs.Count - 1);
        return _packs.Count - 1;
    }

    /// <summary>The entry of that number.</summary>
    public PackBlob GetBlob(int number)
    {
        ref Entry entry = ref GetEntry(number);
        return new PackBlob(
            new BlobHandle((entry.Length & TreeFlag) != 0 ? BlobType.Tree : BlobType.Data, entry.Id),
            entry.Offset,
            entry.Length & ~TreeFlag,
            entry.UncompressedLength);
    }

    /// <summary>The pack that an entry is in.</summary>
    public IndexedPack GetPack(int number)
    {
        int low = 0;
        int high = _packs.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            (low, high) = _packs[middle].First <= number ? (middle, high) : (low, middle - 1);
        }

        // Packs without entries share their first number with the one behind.
        return _packs[low];
    }

    /// <summary>The number of a blob's first entry, or -1.</summary>
    public int Find(BlobHandle blob)
    {
        int probe = GetProbe(blob.Id);
        return Find(blob, ref probe);
    }

    /// <summary>All entries of a blob: more than one where it is in several packs.</summary>
    public List<BlobLocation> FindAll(BlobHandle blob) =>
        [.. FindNumbers(blob).Select(number => new BlobLocation(GetPack(number).Id, GetBlob(number)))];

    /// <summary>The numbers of all entries of a blob.</summary>
    public IEnumerable<int> FindNumbers(BlobHandle blob)
    {
        int probe = GetProbe(blob.Id);
        while (Find(blob, ref probe) is int number and >= 0)
        {
            yield return number;
        }
    }

    private int Find(BlobHandle blob, ref int probe)
    {
        uint flag = blob.Type == BlobType.Tree ? TreeFlag : 0;
        for (; _buckets[probe] != 0; probe = (probe + 1) & (_buckets.Length - 1))
        {
            ref Entry entry = ref GetEntry(_buckets[probe] - 1);
            if (entry.Id == blob.Id && (entry.Length & TreeFlag) == flag)
            {
                int number = _buckets[probe] - 1;
                probe = (probe + 1) & (_buckets.Length - 1);
                return number;
            }
        }

        return -1;
    }

    private void Append(PackBlob blob)
    {
        if (Count + 1 > _buckets.Length / 5 * 4)
        {
            Grow();
        }

        if (Count == _segments.Count << SegmentBits)
        {
            _segments.Add(GC.AllocateUninitializedArray<Entry>(SegmentSize));
        }

        GetEntry(Count) = new Entry
        {
            Id = blob.Handle.Id,
            Offset = blob.Offset,
            Length = blob.Length | (blob.Handle.Type == BlobType.Tree ? TreeFlag : 0),
            UncompressedLength = blob.UncompressedLength,
        };
        Place(Count);
        Count++;
    }

    private void Grow()
    {
        _buckets = new int[_buckets.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            Place(i);
        }
    }

    private void Place(int number)
    {
        int probe = GetProbe(GetEntry(number).Id);
        while (_buckets[probe] != 0)
        {
            probe = (probe + 1) & (_buckets.Length - 1);
        }

        _buckets[probe] = number + 1;
    }

    private int GetProbe(ObjectId id) => id.GetHashCode() & (_buckets.Length - 1);

    private ref Entry GetEntry(int number) => ref _segments[number >> SegmentBits][number & (SegmentSize - 1)];

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry
    {
        public ObjectId Id;
        public uint Offset;
        public uint Length;
        public uint UncompressedLength;
    }
}
