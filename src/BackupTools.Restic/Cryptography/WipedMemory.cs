using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace BackupTools.Restic.Cryptography;

/// <summary>Memory outside the collected heap: at once given back to the system, and cleared before.</summary>
internal sealed unsafe class WipedMemory : IDisposable
{
    private const int Alignment = 64;

    private readonly void* _start;
    private readonly int _length;

    public WipedMemory(int length)
    {
        _length = length;
        _start = NativeMemory.AlignedAlloc((nuint)length, Alignment);
    }

    public Span<byte> Span => new(_start, _length);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Span);
        NativeMemory.AlignedFree(_start);
    }
}
