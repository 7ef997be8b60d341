using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace BackupTools.Restic.Cryptography;

internal static partial class Poly1305
{
    /// <summary>
    /// A number modulo 2^130 - 5, in limbs of 44, 44 and 42 bits, so that sums of their products stay below 2^128.
    /// A limb may have a few bits more until it is next multiplied.
    /// </summary>
    private readonly struct Residue
    {
        private const ulong Mask44 = (1UL << 44) - 1;
        private const ulong Mask42 = (1UL << 42) - 1;

        private readonly ulong _low;
        private readonly ulong _middle;
        private readonly ulong _high;

        private Residue(ulong low, ulong middle, ulong high)
        {
            _low = low;
            _middle = middle;
            _high = high;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Residue operator +(Residue a, Residue b) =>
            new(a._low + b._low, a._middle + b._middle, a._high + b._high);

        /// <summary>A whole block of the message, which counts with a one above it.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Residue FromBlock(ReadOnlySpan<byte> block) => FromBlock(
            BinaryPrimitives.ReadUInt64LittleEndian(block),
            BinaryPrimitives.ReadUInt64LittleEndian(block[8..]),
            top: 1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Residue FromBlock(ulong first, ulong second, ulong top) => new(
            first & Mask44, ((first >> 44) | (second << 20)) & Mask44, (second >> 24) | (top << 40));

        /// <summary>From limbs of 26 bits, each of which may have some more.</summary>
        public static Residue FromLimbs26(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
        {
            l1 += l0 >> 26;
            l2 += l1 >> 26;
            l3 += l2 >> 26;
            l4 += l3 >> 26;
            l1 &= Mask26;
            l3 &= Mask26;
            return new(
                (l0 & Mask26) | ((l1 << 26) & Mask44),
                (l1 >> 18) | ((l2 & Mask26) << 8) | ((l3 << 34) & Mask44),
                (l3 >> 10) + (l4 << 16));
        }

        /// <summary>The limbs of 26 bits.</summary>
        public (ulong L0, ulong L1, ulong L2, ulong L3, ulong L4) ToLimbs26()
        {
            ulong middle = _middle + (_low >> 44);
            ulong high = _high + (middle >> 44);
            return (
                _low & Mask26,
                ((_low & Mask44) >> 26) | ((middle << 18) & Mask26),
                (middle >> 8) & Mask26,
                ((middle & Mask44) >> 34) | ((high << 10) & Mask26),
                high >> 16);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Residue Multiply(Residue a, Residue r) => MultiplyAndAdd(a, r, default, default);

        /// <summary>a r + b s.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Residue MultiplyAndAdd(Residue a, Residue r, Residue b, Residue s)
        {
            Sum low = default;
            Sum middle = default;
            Sum high = default;
            AddProduct(ref low, ref middle, ref high, a, r);
            AddProduct(ref low, ref middle, ref high, b, s);

            middle.Add(low.ShiftRight(44));
            high.Add(middle.ShiftRight(44));
            ulong l = (low.Low & Mask44) + high.ShiftRight(42) * 5;
            return new(l & Mask44, (middle.Low & Mask44) + (l >> 44), high.Low & Mask42);
        }

        /// <summary>The number below 2^130 - 5 that this is, without what is above 2^128.</summary>
        public UInt128 ToUInt128()
        {
            ulong low = _low;
            ulong middle = _middle;
            ulong high = _high;
            for (int i = 0; i < 2; i++)
            {
                middle += low >> 44;
                low &= Mask44;
                high += middle >> 44;
                middle &= Mask44;
                low += (high >> 42) * 5;
                high &= Mask42;
            }

            middle += low >> 44;
            low &= Mask44;

            // Adding 5 passes 2^130 just where the number is not below the modulus.
            ulong low5 = low + 5;
            ulong middle5 = middle + (low5 >> 44);
            ulong high5 = high + (middle5 >> 44);
            ulong take = 0UL - (high5 >> 42);
            low = (low & ~take) | (low5 & Mask44 & take);
            middle = (middle & ~take) | (middle5 & Mask44 & take);
            high = (high & ~take) | (high5 & take);
            return new UInt128((middle >> 20) | (high << 24), low | (middle << 44));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddProduct(ref Sum low, ref Sum middle, ref Sum high, Residue a, Residue r)
        {
            // What reaches 2^132 comes back at the bottom, as 20.
            ulong middle20 = r._middle * 20;
            ulong high20 = r._high * 20;
            low.Add(a._low, r._low);
            low.Add(a._middle, high20);
            low.Add(a._high, middle20);
            middle.Add(a._low, r._middle);
            middle.Add(a._middle, r._low);
            middle.Add(a._high, high20);
            high.Add(a._low, r._high);
            high.Add(a._middle, r._middle);
            high.Add(a._high, r._low);
        }

        /// <summary>128 bits, without the branches that carries could be made of.</summary>
        private struct Sum
        {
            private ulong _high;

            public ulong Low { get; private set; }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Add(ulong a, ulong b)
            {
                ulong high = Math.BigMul(a, b, out ulong low);
                Low += low;
                _high += high + Carry(low);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Add(ulong a)
            {
                Low += a;
                _high += Carry(a);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly ulong ShiftRight(int bits) => (_high << (64 - bits)) | (Low >> bits);

            // A comparison as a value, which compiles to no jump.
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private readonly ulong Carry(ulong added)
            {
                bool carry = Low < added;
                return Unsafe.BitCast<bool, byte>(carry);
            }
        }
    }
}
