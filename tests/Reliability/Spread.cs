namespace BackupTools.Reliability;

/// <summary>Numbers that stand for all of a range.</summary>
internal static class Spread
{
    /// <summary>At most so many of the numbers, evenly spread, the first and the last among them.</summary>
    public static int[] Over(int first, int last, int most)
    {
        int count = last - first + 1;
        return count <= most
            ? [.. Enumerable.Range(first, Math.Max(0, count))]
            : [.. Enumerable.Range(0, most).Select(i => first + (int)((long)i * (count - 1) / Math.Max(1, most - 1))).Distinct()];
    }
}
