using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace BackupTools.Restic.Cryptography;

/// <summary>
/// The one-time authenticator Poly1305 (RFC 8439). No branch and no address depends on key or message: the time tells
/// their length alone.
/// </summary>
internal static partial class Poly1305
{
    public const int KeyLength = 32;

    public const int TagLength = 16;

    private const int BlockLength = 16;

    /// <summary>The tag of a message under a key that authenticates no other message.</summary>
    public static void ComputeTag(ReadOnlySpan<byte> oneTimeKey, ReadOnlySpan<byte> message, Span<byte> tag)
    {
        Debug.Assert(oneTimeKey.Length == KeyLength && tag.Length == TagLength, "Callers know the lengths.");

        // The algorithm clears some bits of r.
        Residue r = Residue.FromBlock(
            BinaryPrimitives.ReadUInt64LittleEndian(oneTimeKey) & 0x0ffffffc0fffffff,
            BinaryPrimitives.ReadUInt64LittleEndian(oneTimeKey[8..]) & 0x0ffffffc0ffffffc,
            top: 0);

        Residue sum = default;
        if (Avx2.IsSupported && message.Length >= VectorThreshold)
        {
            int strides = message.Length & -StrideLength;
            sum = SumStrides(r, message[..strides]);
            message = message[strides..];
        }

        sum = AddBlocks(sum, r, message);
        message = message[(message.Length & -BlockLength)..];
        if (message.Length > 0)
        {
            // What is short of a block is ended by a one.
            Span<byte> block = stackalloc byte[BlockLength];
            block.Clear();
            message.CopyTo(block);
            block[message.Length] = 1;
            Residue last = Residue.FromBlock(
                BinaryPrimitives.ReadUInt64LittleEndian(block),
                BinaryPrimitives.ReadUInt64LittleEndian(block[8..]),
                top: 0);
            sum = Residue.Multiply(sum + last, r);
        }

        UInt128 mask = BinaryPrimitives.ReadUInt128LittleEndian(oneTimeKey[16..]);
        BinaryPrimitives.WriteUInt128LittleEndian(tag, unchecked(sum.ToUInt128() + mask));
    }

    /// <summary>Adds whole blocks, two at a time so that multiplications wait less for one another.</summary>
    private static Residue AddBlocks(Residue sum, Residue r, ReadOnlySpan<byte> message)
    {
        Residue rSquared = Residue.Multiply(r, r);
        for (; message.Length >= 2 * BlockLength; message = message[(2 * BlockLength)..])
        {
            sum = Residue.MultiplyAndAdd(
                sum + Residue.FromBlock(message), rSquared, Residue.FromBlock(message[BlockLength..]), r);
        }

        return message.Length < BlockLength ? sum : Residue.Multiply(sum + Residue.FromBlock(message), r);
    }
}
