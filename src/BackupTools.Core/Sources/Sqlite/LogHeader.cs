using System.Buffers.Binary;
using System.Numerics;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>The beginning of a write-ahead log (https://sqlite.org/fileformat2.html, 4.1).</summary>
internal static class LogHeader
{
    private const int Length = 32;
    private const uint LittleEndianMagic = 0x377f0682;
    private const uint BigEndianMagic = 0x377f0683;

    /// <summary>
    /// Whether a log that is not empty begins as none does that anybody uses. SQLite, only reading, would wait ten seconds
    /// for it to be set right, again and again; recovering, it takes such a log for an empty one.
    /// </summary>
    public static bool IsForeign(DatabaseLocation location)
    {
        Span<byte> header = stackalloc byte[Length];
        try
        {
            using FileHandle log = location.Directory.OpenFile(DatabaseFile.Sidecar(location.Name, "-wal"));
            return log.ReadAt(header, 0) == Length && !IsValid(header);
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            // The last who used it has closed it in between.
            return false;
        }
    }

    private static bool IsValid(ReadOnlySpan<byte> header)
    {
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        uint pageSize = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
        if (magic is not (LittleEndianMagic or BigEndianMagic) || !BitOperations.IsPow2(pageSize)
            || pageSize is < 512 or > DatabaseSize.LargestPage)
        {
            return false;
        }

        uint first = 0;
        uint second = 0;
        for (int at = 0; at < 24; at += 8)
        {
            first += Word(header[at..]) + second;
            second += Word(header[(at + 4)..]) + first;
        }

        return first == BinaryPrimitives.ReadUInt32BigEndian(header[24..])
            && second == BinaryPrimitives.ReadUInt32BigEndian(header[28..]);

        uint Word(ReadOnlySpan<byte> bytes) => magic == BigEndianMagic
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
