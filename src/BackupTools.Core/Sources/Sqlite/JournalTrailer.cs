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
    /// <summary>No trailer is longer: SQLite passes over names that are longer than its own paths.</summary>
    public const int MaxLength = 16 * 1024;

    // Characters of C are unsigned on Linux and Windows for ARM and signed everywhere else, and the checksum adds them.
    private static readonly bool s_unsignedCharacters =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm && OperatingSystem.IsLinux();

    private static ReadOnlySpan<byte> Magic => [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

    /// <summary>The super-journal's name, or <see langword="null"/> where the journal names none.</summary>
    /// <param name="journal">The journal, or its end.</param>
    public static byte[]? ReadSuperJournalName(ReadOnlySpan<byte> journal)
    {
        if (journal.Length < 20 || !journal[^8..].SequenceEqual(Magic))
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(journal[^16..]);
        uint checksum = BinaryPrimitives.ReadUInt32BigEndian(journal[^12..]);
        if (length == 0 || length > journal.Length - 20)
        {
            return null;
        }

        ReadOnlySpan<byte> name = journal[^(16 + (int)length)..^16];
        return Checksum(name) == checksum ? name.ToArray() : null;
    }

    /// <summary>The same bytes with another name in its trailer.</summary>
    public static byte[] WithSuperJournalName(ReadOnlySpan<byte> journal, ReadOnlySpan<byte> name)
    {
        int oldLength = (int)BinaryPrimitives.ReadUInt32BigEndian(journal[^16..]);
        ReadOnlySpan<byte> rest = journal[..^(16 + oldLength)];
        byte[] changed = new byte[rest.Length + name.Length + 16];
        rest.CopyTo(changed);
        Span<byte> trailer = changed.AsSpan(rest.Length);
        name.CopyTo(trailer);
        BinaryPrimitives.WriteUInt32BigEndian(trailer[name.Length..], (uint)name.Length);
        BinaryPrimitives.WriteUInt32BigEndian(trailer[(name.Length + 4)..], Checksum(name));
        Magic.CopyTo(trailer[(name.Length + 8)..]);
        return changed;
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
