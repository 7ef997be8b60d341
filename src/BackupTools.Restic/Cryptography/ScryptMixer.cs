using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

using V = System.Runtime.Intrinsics.Vector128<uint>;

namespace BackupTools.Restic.Cryptography;

/// <summary>
/// scrypt's ROMix, which fills memory and then reads it in an order that is not known before. The sixteen words of a
/// Salsa20 block are kept by diagonals, so that a vector holds what is worked on at the same time.
/// </summary>
internal static class ScryptMixer
{
    /// <summary>The length of the block that r counts: two of Salsa20's.</summary>
    public const int BlockLength = 128;

    private const int SalsaLength = 64;
    private const int WordCount = SalsaLength / sizeof(uint);

    // Where in a block the word of each place comes from: every fifth.
    private const int DiagonalStep = 5;

    /// <summary>
    /// Mixes two of the p parts, of 128 r bytes each, in place: within one part every step waits for the step before,
    /// so a second one takes hardly more time. A part that is alone is given twice.
    /// </summary>
    public static void Mix(Span<byte> part, Span<byte> otherPart, int n, int r)
    {
        bool alone = part == otherPart;
        using Lane lane = new(part.Length, n);
        using Lane? second = alone ? null : new Lane(part.Length, n);
        Lane other = second ?? lane;
        ToDiagonals(part, lane.State);
        ToDiagonals(otherPart, other.State);
        int salsaCount = 2 * r;
        for (int i = 0; i < n; i++)
        {
            lane.State.CopyTo(lane.Row(i));
            other.State.CopyTo(other.Row(i));
            MixBlocks(lane.Row(i), lane.State, other.Row(i), other.State, salsaCount);
        }

        for (int i = 0; i < n; i++)
        {
            lane.AddChosenRow();
            if (!alone)
            {
                other.AddChosenRow();
            }

            MixBlocks(lane.Sum, lane.State, other.Sum, other.State, salsaCount);
        }

        FromDiagonals(lane.State, part);
        FromDiagonals(other.State, otherPart);
    }

    /// <summary>scrypt's BlockMix: a chain of Salsa20/8, the even blocks of the result before the odd ones.</summary>
    // Precompiled code knows no AVX-512; compiled at first without optimization, it would be slow for too long.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixBlocks(
        Span<V> input, Span<V> output,
        Span<V> otherInput, Span<V> otherOutput, int salsaCount)
    {
        ref V from = ref MemoryMarshal.GetReference(input);
        ref V to = ref MemoryMarshal.GetReference(output);
        ref V otherFrom = ref MemoryMarshal.GetReference(otherInput);
        ref V otherTo = ref MemoryMarshal.GetReference(otherOutput);
        Load(ref Unsafe.Add(ref from, (salsaCount - 1) * 4), out V a, out V b, out V c, out V d);
        Load(ref Unsafe.Add(ref otherFrom, (salsaCount - 1) * 4), out V e, out V f, out V g, out V h);
        for (int i = 0; i < salsaCount; i++)
        {
            Add(ref Unsafe.Add(ref from, i * 4), ref a, ref b, ref c, ref d);
            Add(ref Unsafe.Add(ref otherFrom, i * 4), ref e, ref f, ref g, ref h);
            (V a0, V b0, V c0, V d0) = (a, b, c, d);
            (V e0, V f0, V g0, V h0) = (e, f, g, h);
            for (int doubleRound = 0; doubleRound < 4; doubleRound++)
            {
                QuarterRounds(ref a, ref b, ref c, ref d);
                QuarterRounds(ref e, ref f, ref g, ref h);
                (b, c, d) = (RotateLanes3(b), RotateLanes2(c), RotateLanes1(d));
                (f, g, h) = (RotateLanes3(f), RotateLanes2(g), RotateLanes1(h));
                QuarterRounds(ref a, ref d, ref c, ref b);
                QuarterRounds(ref e, ref h, ref g, ref f);
                (b, c, d) = (RotateLanes1(b), RotateLanes2(c), RotateLanes3(d));
                (f, g, h) = (RotateLanes1(f), RotateLanes2(g), RotateLanes3(h));
            }

            int target = ((i >> 1) + ((i & 1) * (salsaCount >> 1))) * 4;
            (a, b, c, d) = (a + a0, b + b0, c + c0, d + d0);
            (e, f, g, h) = (e + e0, f + f0, g + g0, h + h0);
            Store(ref Unsafe.Add(ref to, target), a, b, c, d);
            Store(ref Unsafe.Add(ref otherTo, target), e, f, g, h);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(ref V block, out V a, out V b, out V c, out V d)
    {
        a = block;
        b = Unsafe.Add(ref block, 1);
        c = Unsafe.Add(ref block, 2);
        d = Unsafe.Add(ref block, 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref V block, ref V a, ref V b, ref V c, ref V d)
    {
        a ^= block;
        b ^= Unsafe.Add(ref block, 1);
        c ^= Unsafe.Add(ref block, 2);
        d ^= Unsafe.Add(ref block, 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref V block, V a, V b, V c, V d)
    {
        block = a;
        Unsafe.Add(ref block, 1) = b;
        Unsafe.Add(ref block, 2) = c;
        Unsafe.Add(ref block, 3) = d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(
        ref V a, ref V b, ref V c, ref V d)
    {
        b ^= RotateLeft(a + d, 7);
        c ^= RotateLeft(b + a, 9);
        d ^= RotateLeft(c + b, 13);
        a ^= RotateLeft(d + c, 18);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V RotateLeft(V words, [ConstantExpected] byte bits) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(words, bits) : (words << bits) | (words >> (32 - bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V RotateLanes1(V words) =>
        Vector128.Shuffle(words, Vector128.Create(1u, 2, 3, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V RotateLanes2(V words) =>
        Vector128.Shuffle(words, Vector128.Create(2u, 3, 0, 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V RotateLanes3(V words) =>
        Vector128.Shuffle(words, Vector128.Create(3u, 0, 1, 2));

    private static void ToDiagonals(ReadOnlySpan<byte> part, Span<V> diagonals)
    {
        Span<uint> words = MemoryMarshal.Cast<V, uint>(diagonals);
        for (int i = 0; i < part.Length / sizeof(uint); i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(part[(sizeof(uint) * SourceOf(i))..]);
        }
    }

    private static void FromDiagonals(ReadOnlySpan<V> diagonals, Span<byte> part)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<V, uint>(diagonals);
        for (int i = 0; i < part.Length / sizeof(uint); i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(part[(sizeof(uint) * SourceOf(i))..], words[i]);
        }
    }

    private static int SourceOf(int word) => (word & -WordCount) + (word * DiagonalStep % WordCount);

    /// <summary>One part's state, and the memory that it fills.</summary>
    private sealed class Lane(int partLength, int n) : IDisposable
    {
        private readonly WipedMemory _table = new(checked(n * partLength));
        private readonly WipedMemory _scratch = new(2 * partLength);
        private readonly int _vectorCount = partLength / Unsafe.SizeOf<V>();

        public Span<V> State => MemoryMarshal.Cast<byte, V>(_scratch.Span)[.._vectorCount];

        public Span<V> Sum => MemoryMarshal.Cast<byte, V>(_scratch.Span)[_vectorCount..];

        public Span<V> Row(int index) =>
            MemoryMarshal.Cast<byte, V>(_table.Span.Slice(index * partLength, partLength));

        /// <summary>Sums the state and the row that the state points to.</summary>
        public void AddChosenRow()
        {
            Span<V> state = State;
            Span<V> row = Row((int)state[^4].ToScalar() & (n - 1));
            Span<V> sum = Sum;
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] = state[i] ^ row[i];
            }
        }

        public void Dispose()
        {
            _table.Dispose();
            _scratch.Dispose();
        }
    }
}
