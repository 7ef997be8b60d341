using System.Buffers;

namespace BackupTools.Restic.Blobs;

/// <summary>A buffer that is used again and again, and grows with what is asked for.</summary>
internal sealed class PooledBuffer : IDisposable
{
    private byte[] _bytes = [];

    /// <summary>So many bytes; what was there before may be gone.</summary>
    public Span<byte> Get(int length)
    {
        if (_bytes.Length < length)
        {
            Dispose();
            _bytes = ArrayPool<byte>.Shared.Rent(length);
        }

        return _bytes.AsSpan(0, length);
    }

    /// <summary>The same bytes as the last call of <see cref="Get"/> gave, as memory.</summary>
    public Memory<byte> GetMemory(int length)
    {
        Get(length);
        return _bytes.AsMemory(0, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = [];
    }
}
