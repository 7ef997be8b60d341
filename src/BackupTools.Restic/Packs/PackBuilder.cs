using System.Buffers.Binary;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic.Packs;

/// <summary>A pack that is being put together in memory, whole, as it is going to be written. Not for several threads.</summary>
internal sealed class PackBuilder
{
    // Beyond the size at which a pack is full, so that most blobs that come last fit; one that does not ends the pack.
    private const int Reserve = 2 << 20;

    private readonly List<PackBlob> _blobs = [];
    private readonly int _size;
    private byte[] _buffer;
    private int _length;
    private int _entriesLength;

    /// <summary>Makes a builder that is used for many packs.</summary>
    /// <param name="size">From which length on a pack is full.</param>
    public PackBuilder(int size)
    {
        _size = size;

        // Of memory that was never touched the system gives nothing: a small pack takes little.
        _buffer = GC.AllocateUninitializedArray<byte>(size + Reserve);
    }

    /// <summary>The blobs in it.</summary>
    public IReadOnlyList<PackBlob> Blobs => _blobs;

    /// <summary>Whether it should be written.</summary>
    public bool IsFull =>
        _length >= _size || _entriesLength + PackHeader.GetEntryLength(isCompressed: true) > PackHeader.MaxLength - RepositoryKey.Overhead;

    /// <summary>Whether a blob of that length can be added. An empty pack takes any.</summary>
    public bool Fits(int length) => _blobs.Count == 0 || GetFinalLength(length) <= _buffer.Length;

    /// <summary>Adds an encrypted blob.</summary>
    /// <param name="blob">Which it is.</param>
    /// <param name="ciphertext">The encrypted content.</param>
    /// <param name="uncompressedLength">The content's length if it is compressed, else 0.</param>
    public void Add(BlobHandle blob, ReadOnlySpan<byte> ciphertext, int uncompressedLength)
    {
        long needed = GetFinalLength(ciphertext.Length);
        if (needed > _buffer.Length)
        {
            // Only for a blob that is larger than packs are.
            _buffer = GC.AllocateUninitializedArray<byte>(checked((int)needed));
        }

        ciphertext.CopyTo(_buffer.AsSpan(_length));
        _blobs.Add(new PackBlob(blob, (uint)_length, (uint)ciphertext.Length, (uint)uncompressedLength));
        _length += ciphertext.Length;
        _entriesLength += PackHeader.GetEntryLength(uncompressedLength != 0);
    }

    /// <summary>Puts the header behind the blobs.</summary>
    /// <returns>The whole pack, valid until <see cref="Clear"/>.</returns>
    public ReadOnlyMemory<byte> Finish(RepositoryKey key)
    {
        int headerLength = RepositoryKey.CiphertextLength(_entriesLength);
        Span<byte> header = _buffer.AsSpan(_length, headerLength);
        byte[] entries = new byte[_entriesLength];
        PackHeader.Write(_blobs, entries);
        key.Encrypt(entries, header);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_length + headerLength), headerLength);
        return _buffer.AsMemory(0, _length + headerLength + PackHeader.LengthSize);
    }

    /// <summary>Begins the next pack.</summary>
    public void Clear()
    {
        if (_buffer.Length > _size + Reserve)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(_size + Reserve);
        }

        _blobs.Clear();
        _length = 0;
        _entriesLength = 0;
    }

    private long GetFinalLength(int added) =>
        (long)_length + added
        + PackHeader.GetStoredLength(_entriesLength + PackHeader.GetEntryLength(isCompressed: true));
}
