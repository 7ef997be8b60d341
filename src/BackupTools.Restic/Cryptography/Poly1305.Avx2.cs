using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V = System.Runtime.Intrinsics.Vector256<ulong>;

namespace BackupTools.Restic.Cryptography;

/// <remarks>
/// With AVX2, four blocks at a time: each lane sums every fourth block of the message, stepping by r^4, in limbs of
/// 26 bits because a vector multiplies 32 bits by 32.
/// </remarks>
internal static partial class Poly1305
{
    private const int StrideLength = 4 * BlockLength;

    // Below that, the powers of r cost more than is won.
    private const int VectorThreshold = 4 * StrideLength;

    private const ulong Mask26 = (1UL << 26) - 1;

    /// <summary>The sum over a message of whole strides.</summary>
    // Precompiled code knows no AVX2; compiled at first without optimization, it would be slow for too long.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Residue SumStrides(Residue r, ReadOnlySpan<byte> message)
    {
        Debug.Assert(message.Length % StrideLength == 0, "Whole strides.");
        Residue rSquared = Residue.Multiply(r, r);
        Residue rCubed = Residue.Multiply(rSquared, r);
        Residue step = Residue.Multiply(rSquared, rSquared);

        (ulong limb0, ulong limb1, ulong limb2, ulong limb3, ulong limb4) = step.ToLimbs26();
        V r0 = Vector256.Create(limb0);
        V r1 = Vector256.Create(limb1);
        V r2 = Vector256.Create(limb2);
        V r3 = Vector256.Create(limb3);
        V r4 = Vector256.Create(limb4);

        // What reaches 2^130 comes back at the bottom, as 5.
        V s1 = TimesFive(r1);
        V s2 = TimesFive(r2);
        V s3 = TimesFive(r3);
        V s4 = TimesFive(r4);
        V mask = Vector256.Create(Mask26);
        V top = Vector256.Create(1UL << 24);

        V a0 = default;
        V a1 = default;
        V a2 = default;
        V a3 = default;
        V a4 = default;
        ref byte start = ref MemoryMarshal.GetReference(message);
        for (int i = 0; i < message.Length; i += StrideLength)
        {
            V d0 = Product(a0, r0) + Product(a1, s4) + Product(a2, s3) + Product(a3, s2) + Product(a4, s1);
            V d1 = Product(a0, r1) + Product(a1, r0) + Product(a2, s4) + Product(a3, s3) + Product(a4, s2);
            V d2 = Product(a0, r2) + Product(a1, r1) + Product(a2, r0) + Product(a3, s4) + Product(a4, s3);
            V d3 = Product(a0, r3) + Product(a1, r2) + Product(a2, r1) + Product(a3, r0) + Product(a4, s4);
            V d4 = Product(a0, r4) + Product(a1, r3) + Product(a2, r2) + Product(a3, r1) + Product(a4, r0);

            // Carries from two ends, so that few wait for one another; each limb ends at 26 bits and a little.
            d1 += d0 >> 26;
            d4 += d3 >> 26;
            d2 += d1 >> 26;
            d0 = (d0 & mask) + TimesFive(d4 >> 26);
            d3 = (d3 & mask) + (d2 >> 26);
            d1 = (d1 & mask) + (d0 >> 26);
            d4 = (d4 & mask) + (d3 >> 26);

            // Blocks 0, 2, 1 and 3 of the stride, the first eight bytes of each and the second.
            V pair = Vector256.LoadUnsafe(ref start, (nuint)i).AsUInt64();
            V nextPair = Vector256.LoadUnsafe(ref start, (nuint)i + 2 * BlockLength).AsUInt64();
            V first = Avx2.UnpackLow(pair, nextPair);
            V second = Avx2.UnpackHigh(pair, nextPair);
            a0 = (d0 & mask) + (first & mask);
            a1 = d1 + ((first >> 26) & mask);
            a2 = (d2 & mask) + (((first >> 52) | (second << 12)) & mask);
            a3 = (d3 & mask) + ((second >> 14) & mask);
            a4 = d4 + ((second >> 40) | top);
        }

        // Lanes hold blocks 0, 2, 1 and 3 of the last stride, each still to be multiplied by its distance to the end.
        Span<ulong> limbs = stackalloc ulong[5 * V.Count];
        a0.CopyTo(limbs);
        a1.CopyTo(limbs[4..]);
        a2.CopyTo(limbs[8..]);
        a3.CopyTo(limbs[12..]);
        a4.CopyTo(limbs[16..]);
        return Residue.MultiplyAndAdd(Lane(limbs, 0), step, Lane(limbs, 1), rSquared)
            + Residue.MultiplyAndAdd(Lane(limbs, 2), rCubed, Lane(limbs, 3), r);

        static Residue Lane(ReadOnlySpan<ulong> limbs, int lane) => Residue.FromLimbs26(
            limbs[lane], limbs[lane + 4], limbs[lane + 8], limbs[lane + 12], limbs[lane + 16]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Product(V a, V b) =>
        Avx2.Multiply(a.AsUInt32(), b.AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V TimesFive(V a) => a + (a << 2);
}
