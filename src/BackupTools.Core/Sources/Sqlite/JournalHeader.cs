using System.Buffers.Binary;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>The beginning of a rollback journal (https://sqlite.org/fileformat2.html, 3).</summary>
internal static class JournalHeader
{
    private const int Length = 28;

    /// <summary>What a journal begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

    /// <summary>
    /// Refuses a journal that would make SQLite, rolling back, grow the database beyond all that there is of it. A file is
    /// cut only after its journal has ended, so it never has fewer pages than its journal says that it had.
    /// </summary>
    /// <param name="journal">The journal.</param>
    /// <param name="databaseBytes">Size of the database file.</param>
    /// <exception cref="SqliteException">It says so.</exception>
    public static void RefuseIfForged(Stream journal, long databaseBytes)
    {
        Span<byte> header = stackalloc byte[Length];
        journal.Seek(0, SeekOrigin.Begin);
        if (journal.ReadAtLeast(header, Length, throwOnEndOfStream: false) < Length || !header.StartsWith(Magic))
        {
            return;
        }

        long pages = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        long pageSize = BinaryPrimitives.ReadUInt32BigEndian(header[24..]);
        DatabaseSize.Refuse(pages, Math.Min(pageSize, DatabaseSize.LargestPage), databaseBytes + journal.Length);
    }
}
