namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// Where a database is cut: at page boundaries, into pieces whose length depends on nothing but where they stand, so that
/// what has not changed is cut alike in every snapshot, however much is added behind it. Small at the beginning, that a
/// changed row costs little; longer the further on, that the pieces of a large database stay few.
/// </summary>
internal static class DatabaseCutting
{
    /// <summary>The shortest piece, unless the pages are larger.</summary>
    public const int ShortestPiece = 8 * 1024;

    /// <summary>The longest piece.</summary>
    public const int LongestPiece = 1024 * 1024;

    // Up to here pieces are short; from there on they double with each fourfold length. With a hundredth of the rows of a
    // database of 220 MiB changing between two snapshots, each takes 13, 21, 40 or 78 MB by pieces of 4, 8, 16 or 32 KiB;
    // to save 1 GiB takes 11 or 4 % longer by 4 or 8 KiB than by 16, and the index grows with the number of pieces.
    private const long FirstStretch = 512L << 20;

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
