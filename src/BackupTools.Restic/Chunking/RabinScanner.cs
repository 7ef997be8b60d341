using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BackupTools.Restic.Chunking;

/// <summary>
/// Looks for the first window whose fingerprint ends in zeros. Rolling a fingerprint is one long chain of table
/// look-ups; as windows far apart have nothing to do with one another, four chains run side by side.
/// </summary>
internal static class RabinScanner
{
    /// <summary>The bits that are zero where data is cut: one place in 2^20, a piece in a MiB.</summary>
    private const uint CutMask = (1 << 20) - 1;

    private const int WindowLength = RabinTables.WindowLength;

    private const int ChainCount = 4;

    // Where a cut is found, what the later chains did is lost; with short chains, the first window of each costs more.
    private const int LongestChain = 2048 - WindowLength;
    private const int ShortestChain = 2 * WindowLength;

    /// <summary>
    /// Finds where the first such window ends, from the end of the first whole window on; -1 if there is none.
    /// </summary>
    public static int FindCut(RabinTables tables, ReadOnlySpan<byte> data)
    {
        // Counted in windows, of which the first ends at 64.
        int start = 0;
        int count = data.Length - WindowLength + 1;
        while (count - start >= ChainCount * ShortestChain)
        {
            int chain = Math.Min((count - start) / ChainCount, LongestChain);
            int block = chain * ChainCount;
            if (HasCut(tables, data.Slice(start, block + WindowLength - 1), chain))
            {
                break;
            }

            start += block;
        }

        if (count - start <= 0)
        {
            return -1;
        }

        int found = FindWindow(tables, data[start..]);
        return found < 0 ? -1 : start + found + WindowLength;
    }

    private static ulong Fingerprint(RabinTables tables, ReadOnlySpan<byte> window)
    {
        ulong fingerprint = 0;
        foreach (byte next in window)
        {
            fingerprint = tables.Append(fingerprint, next);
        }

        return fingerprint;
    }

    private static int FindWindow(RabinTables tables, ReadOnlySpan<byte> data)
    {
        ulong fingerprint = Fingerprint(tables, data[..WindowLength]);
        for (int i = 0; ; i++)
        {
            if (((uint)fingerprint & CutMask) == 0)
            {
                return i;
            }

            if (i + WindowLength == data.Length)
            {
                return -1;
            }

            fingerprint = tables.Append(fingerprint, data[i + WindowLength]) ^ tables.Leave[data[i]];
        }
    }

    /// <summary>Whether any window of four chains is where data is cut.</summary>
    private static bool HasCut(RabinTables tables, ReadOnlySpan<byte> data, int chain)
    {
        ulong a = Fingerprint(tables, data[..WindowLength]);
        ulong b = Fingerprint(tables, data.Slice(chain, WindowLength));
        ulong c = Fingerprint(tables, data.Slice(2 * chain, WindowLength));
        ulong d = Fingerprint(tables, data.Slice(3 * chain, WindowLength));
        ref byte first = ref MemoryMarshal.GetReference(data);
        ref byte second = ref Unsafe.Add(ref first, chain);
        ref byte third = ref Unsafe.Add(ref second, chain);
        ref byte fourth = ref Unsafe.Add(ref third, chain);
        ref ulong reduce = ref MemoryMarshal.GetArrayDataReference(tables.Reduce);
        ref ulong leave = ref MemoryMarshal.GetArrayDataReference(tables.Leave);
        int shift = tables.TopShift;
        for (int i = 0; ; i++)
        {
            if (((uint)a & CutMask) == 0 || ((uint)b & CutMask) == 0
                || ((uint)c & CutMask) == 0 || ((uint)d & CutMask) == 0)
            {
                return true;
            }

            if (i == chain - 1)
            {
                return false;
            }

            a = Roll(a, ref Unsafe.Add(ref first, i), ref reduce, ref leave, shift);
            b = Roll(b, ref Unsafe.Add(ref second, i), ref reduce, ref leave, shift);
            c = Roll(c, ref Unsafe.Add(ref third, i), ref reduce, ref leave, shift);
            d = Roll(d, ref Unsafe.Add(ref fourth, i), ref reduce, ref leave, shift);
        }
    }

    /// <summary>
    /// Moves on by a byte, from the window that starts here. No bounds are checked: a byte has 256 values, and so have
    /// a fingerprint's highest eight bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Roll(ulong fingerprint, ref byte window, ref ulong reduce, ref ulong leave, int shift)
    {
        ulong arriving = Unsafe.Add(ref window, WindowLength) ^ Unsafe.Add(ref leave, window);
        return (fingerprint << 8) ^ arriving ^ Unsafe.Add(ref reduce, (nint)(fingerprint >> shift));
    }
}
