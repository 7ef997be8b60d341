using System.Buffers;
using System.Security.Cryptography;
using BackupTools.Restic.Backends;

namespace BackupTools.Restic.Packs;

/// <summary>
/// Reads a pack from front to back, some megabytes at a time, and gives out its blobs from there: a pack may have ten
/// thousand, and need not fit into memory. Not for several threads.
/// </summary>
internal sealed class PackWindow : IDisposable
{
    private const int Length = 4 << 20;

    private readonly IRepositoryBackend _backend;
    private readonly RepositoryFile _pack;
    private readonly long _packLength;
    private readonly IncrementalHash? _hash;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Length);
    private long _start;
    private int _filled;

    /// <summary>Begins at the front.</summary>
    /// <param name="backend">Where the pack is.</param>
    /// <param name="pack">The pack.</param>
    /// <param name="packLength">How long it is.</param>
    /// <param name="hash">Whether every byte is read and hashed, also between what is asked for.</param>
    public PackWindow(IRepositoryBackend backend, ObjectId pack, long packLength, bool hash)
    {
        _backend = backend;
        _pack = new RepositoryFile(RepositoryFileType.Pack, pack);
        _packLength = packLength;
        _hash = hash ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    }

    /// <summary>The bytes of a range that does not begin before the last one's; valid until the next call.</summary>
    /// <exception cref="RepositoryDataException">The pack is shorter than that.</exception>
    public ReadOnlySpan<byte> Get(long offset, int length)
    {
        if (offset < _start || offset + length > _packLength)
        {
            throw new RepositoryDataException("A blob does not lie within the pack.");
        }

        while (offset + length > _start + _filled)
        {
            Advance(offset, length);
        }

        return _bytes.AsSpan((int)(offset - _start), length);
    }

    /// <summary>Reads what is left.</summary>
    /// <returns>The SHA-256 of the whole pack.</returns>
    public ObjectId FinishHash()
    {
        while (_start + _filled < _packLength)
        {
            Advance(_start + _filled, 1);
        }

        return new ObjectId(_hash!.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _hash?.Dispose();
    }

    // Keeps what is asked for and already there, and reads on behind it.
    private void Advance(long offset, int length)
    {
        long end = _start + _filled;
        int keep = (int)Math.Max(0, end - offset);
        byte[] bytes = _bytes;
        if (length > bytes.Length)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(length);
        }

        bytes.AsSpan(_filled - keep, keep).CopyTo(_bytes);
        if (bytes != _bytes)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        // What lies between is read only where all is hashed.
        _start = _hash is null ? Math.Max(offset, end) - keep : end - keep;
        _filled = keep;
        int wanted = (int)Math.Min(Math.Max(Length, length) - keep, _packLength - _start - keep);
        Span<byte> rest = _bytes.AsSpan(keep, wanted);
        int read = _backend.Read(_pack, _start + keep, rest);
        _hash?.AppendData(rest[..read]);
        _filled += read;
        if (read < wanted)
        {
            throw new RepositoryDataException("The pack became shorter while it was read.");
        }
    }
}
