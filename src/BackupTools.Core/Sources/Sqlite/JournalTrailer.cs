using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// The end of a rollback journal that belongs to a transaction over several databases: the page number of the lock
/// page, the super-journal's name, its length, its checksum, the journal's magic (https://sqlite.org/fileformat2.html
/// tells the journal's format; the trailer is told in SQLite's pager.c, at <c>writeSuperJournal</c>).
/// </summary>
internal static class JournalTrailer
{
    // SQLite's own limit on Unix: it takes a journal that names a longer one for one that names none.
    private const int LongestName = 512;
    private const int FixedLength = 16;

    // Characters of C are unsigned on Linux and Windows for ARM and signed everywhere else, and the checksum adds them.
    private static readonly bool s_unsignedCharacters =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm && OperatingSystem.IsLinux();

    /// <summary>The super-journal's name, or <see langword="null"/> where the journal names none that SQLite would heed.</summary>
    public static byte[]? ReadSuperJournalName(Stream journal)
    {
        if (!TryRead(journal, out byte[] tail))
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(tail.AsSpan(^16..));
        uint checksum = BinaryPrimitives.ReadUInt32BigEndian(tail.AsSpan(^12..));
        if (length is 0 or > LongestName || length > tail.Length - FixedLength)
        {
            return null;
        }

        ReadOnlySpan<byte> name = tail.AsSpan(^(FixedLength + (int)length)..^FixedLength);
        if (Checksum(name) != checksum)
        {
            return null;
        }

        // A string of C ends with the first NUL.
        int end = name.IndexOf((byte)0);
        name = end < 0 ? name : name[..end];
        return name.IsEmpty ? null : name.ToArray();
    }

    /// <summary>Puts another name into the trailer of a journal that names a super-journal.</summary>
    public static void ReplaceSuperJournalName(Stream journal, ReadOnlySpan<byte> name)
    {
        _ = TryRead(journal, out byte[] tail);
        long oldLength = BinaryPrimitives.ReadUInt32BigEndian(tail.AsSpan(^16..));
        byte[] trailer = new byte[name.Length + FixedLength];
        name.CopyTo(trailer);
        BinaryPrimitives.WriteUInt32BigEndian(trailer.AsSpan(name.Length), (uint)name.Length);
        BinaryPrimitives.WriteUInt32BigEndian(trailer.AsSpan(name.Length + 4), Checksum(name));
        JournalHeader.Magic.CopyTo(trailer.AsSpan(name.Length + 8));
        journal.SetLength(journal.Length - FixedLength - oldLength);
        journal.Seek(0, SeekOrigin.End);
        journal.Write(trailer);
    }

    // What ends with the magic; as much of it as a trailer can have.
    private static bool TryRead(Stream journal, out byte[] tail)
    {
        tail = new byte[Math.Min(journal.Length, LongestName + FixedLength)];
        journal.Seek(-tail.Length, SeekOrigin.End);
        journal.ReadExactly(tail);
        return tail.Length > FixedLength && tail.AsSpan().EndsWith(JournalHeader.Magic);
    }

    private static uint Checksum(ReadOnlySpan<byte> name)
    {
        uint sum = 0;
        foreach (byte b in name)
        {
            sum += s_unsignedCharacters ? b : (uint)(sbyte)b;
        }

        return sum;
    }
}
