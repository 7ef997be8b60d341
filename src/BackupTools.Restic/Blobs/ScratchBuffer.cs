using System.Runtime.InteropServices;

namespace BackupTools.Restic.Blobs;

/// <summary>
/// A buffer that is used again and again, and grows with what is asked for. Outside the collected heap, where it is just as
/// long as needed and gone when it is let go: pooled arrays are up to twice as long, and stay.
/// </summary>
internal sealed unsafe class ScratchBuffer : IDisposable
{
    private void* _bytes;
    private int _length;

    /// <summary>So many bytes; what was there before may be gone.</summary>
    public Span<byte> Get(int length)
    {
        if (_length < length)
        {
            Dispose();
            _bytes = NativeMemory.Alloc((nuint)length);
            _length = length;
        }

        return new Span<byte>(_bytes, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
        _length = 0;
    }
}
