using System.Globalization;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>How large a database can be at most, whatever its header, its log or its journal say.</summary>
internal static class DatabaseSize
{
    /// <summary>The largest pages that SQLite has.</summary>
    public const int LargestPage = 65536;

    /// <summary>Refuses a size that the files at hand cannot hold, as SQLite itself does when it writes a log back.</summary>
    /// <param name="pages">How many pages it is said to have.</param>
    /// <param name="pageSize">Bytes of a page.</param>
    /// <param name="bytes">Bytes of the database and what stands beside it.</param>
    /// <exception cref="SqliteException">It is one.</exception>
    public static void Refuse(long pages, long pageSize, long bytes)
    {
        // One page, that of the locks, is skipped.
        if (pages * pageSize > bytes + LargestPage)
        {
            throw new SqliteException(SqliteNative.Corrupt, string.Create(
                CultureInfo.InvariantCulture,
                $"it claims {pages} pages of {pageSize} bytes, and all that there is of it has {bytes} bytes"));
        }
    }
}
