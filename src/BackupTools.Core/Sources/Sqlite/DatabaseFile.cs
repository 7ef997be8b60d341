using System.Buffers;
using System.Buffers.Binary;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>The header of a database file (https://sqlite.org/fileformat2.html, 1.3) and the files beside it.</summary>
internal static class DatabaseFile
{
    /// <summary>Length of the header.</summary>
    public const int HeaderLength = 100;

    /// <summary>What SQLite keeps beside a database; a super-journal has a random tail behind <c>-mj</c>.</summary>
    public static readonly IReadOnlyList<string> SidecarSuffixes = ["-wal", "-shm", "-journal"];

    private static readonly SearchValues<byte> s_hexDigits = SearchValues.Create("0123456789ABCDEFabcdef"u8);

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>Whether a file that begins so is a SQLite database, whatever its name.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> first16) => first16.StartsWith(Magic);

    /// <summary>Whether the header says that the database uses a write-ahead log.</summary>
    public static bool IsWal(ReadOnlySpan<byte> header) => header[18] == 2 || header[19] == 2;

    /// <summary>Bytes per page.</summary>
    public static int PageSize(ReadOnlySpan<byte> header)
    {
        int size = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        return size == 1 ? 65536 : size;
    }

    public static int UserVersion(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32BigEndian(header[60..]);

    public static int ApplicationId(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32BigEndian(header[68..]);

    /// <summary>The name of a file beside the database.</summary>
    public static EntryName Sidecar(EntryName database, string suffix) =>
        EntryName.FromBytes([.. database.Bytes, .. System.Text.Encoding.ASCII.GetBytes(suffix)]);

    /// <summary>Whether a name is that of a file which SQLite keeps beside the database.</summary>
    public static bool IsSidecarOf(EntryName name, EntryName database)
    {
        ReadOnlySpan<byte> bytes = name.Bytes;
        if (!bytes.StartsWith(database.Bytes))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = bytes[database.Bytes.Length..];
        return rest.SequenceEqual("-wal"u8) || rest.SequenceEqual("-shm"u8) || rest.SequenceEqual("-journal"u8)
            || (rest.StartsWith("-mj"u8) && rest.Length == 12 && rest[3..].IndexOfAnyExcept(s_hexDigits) < 0);
    }
}
