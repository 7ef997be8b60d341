using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace BackupTools.Restic.Cryptography;

/// <summary>
/// AES-256 in counter mode, with the whole of the 16 bytes as a counter: NIST SP 800-38A. The base library's AES
/// encrypts the counters. One for each thread: an instance serves one call at a time.
/// </summary>
internal sealed class AesCounter : IDisposable
{
    public const int KeyLength = 32;

    public const int BlockLength = 16;

    // Few calls of the base library, and what is worked on stays in a core's nearest cache.
    private const int KeystreamLength = 16 * 1024;

    private readonly ICryptoTransform _blockCipher;
    private readonly byte[] _keystream = GC.AllocateArray<byte>(KeystreamLength, pinned: true);

    /// <summary>Takes over a key of 32 bytes.</summary>
    public AesCounter(ReadOnlySpan<byte> key)
    {
        Debug.Assert(key.Length == KeyLength, "Callers know the length.");
        _blockCipher = BlockCipher.CreateEncryptor(key);
    }

    /// <summary>Encrypts or decrypts, which is the same. Input and output are one memory, or do not overlap.</summary>
    public void Transform(ReadOnlySpan<byte> iv, ReadOnlySpan<byte> input, Span<byte> output)
    {
        UInt128 counter = BinaryPrimitives.ReadUInt128BigEndian(iv);
        while (input.Length > 0)
        {
            int length = Math.Min(input.Length, KeystreamLength);
            int blockCount = (length + BlockLength - 1) / BlockLength;
            FillWithCounters(counter, blockCount);
            counter = unchecked(counter + (uint)blockCount);
            _blockCipher.TransformBlock(_keystream, 0, blockCount * BlockLength, _keystream, 0);
            Xor(input[..length], _keystream, output);
            input = input[length..];
            output = output[length..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _blockCipher.Dispose();
        CryptographicOperations.ZeroMemory(_keystream);
    }

    // A tenth of all the work where it is not compiled well from the start.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillWithCounters(UInt128 counter, int count)
    {
        ulong high = (ulong)(counter >> 64);
        ulong low = (ulong)counter;
        Span<ulong> halves = MemoryMarshal.Cast<byte, ulong>(_keystream.AsSpan(0, count * BlockLength));
        for (int i = 0; i + 1 < halves.Length; i += 2)
        {
            halves[i] = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(high) : high;
            halves[i + 1] = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(low) : low;
            low = unchecked(low + 1);
            if (low == 0)
            {
                high = unchecked(high + 1);
            }
        }
    }

    // Precompiled code has no vectors of a length that the machine decides on, and would be slow for too long.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Xor(ReadOnlySpan<byte> input, ReadOnlySpan<byte> keystream, Span<byte> output)
    {
        int i = 0;
        for (; i <= input.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(input[i..]) ^ new Vector<byte>(keystream[i..])).CopyTo(output[i..]);
        }

        for (; i < input.Length; i++)
        {
            output[i] = (byte)(input[i] ^ keystream[i]);
        }
    }
}
