namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// Where a database is cut: at page boundaries, into pieces whose length depends on nothing but where they stand, so that
/// what has not changed is cut alike in every snapshot, however much is added behind it. Small at the beginning, that a
/// changed row costs little; longer the further on, that the pieces of a large database stay few.
/// </summary>
internal static class DatabaseCutting
{
    /// <summary>The shortest piece, unless the pages are larger.</summary>
    public const int ShortestPiece = 16 * 1024;

    /// <summary>The longest piece.</summary>
    public const int LongestPiece = 1024 * 1024;

    // Up to here pieces are short; from there on they double with each fourfold length.
    private const long FirstStretch = 1L << 30;

    /// <summary>The length of the piece that begins at an offset which is such a boundary; the last one is as long as is left.</summary>
    public static int PieceLength(long offset, int pageSize)
    {
        int length = ShortestPiece;
        for (long stretch = FirstStretch; offset >= stretch && length < LongestPiece; stretch *= 4)
        {
            length *= 2;
        }

        return Math.Max(length, pageSize);
    }
}
