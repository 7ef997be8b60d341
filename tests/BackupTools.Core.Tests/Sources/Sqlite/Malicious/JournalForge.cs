using System.Text;

namespace BackupTools.Core.Tests.Sources.Sqlite.Malicious;

/// <summary>Rollback journals that are hot and say what no SQLite wrote (https://sqlite.org/fileformat2.html, 3).</summary>
internal static class JournalForge
{
    private const int SectorSize = 512;

    private static ReadOnlySpan<byte> Magic => [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

    /// <summary>Writes a journal of one record.</summary>
    public static void Write(
        string path,
        uint records = 1,
        uint pages = 1,
        uint sectorSize = SectorSize,
        uint pageSize = DatabaseForge.PageSize,
        uint page = 2,
        string? super = null,
        bool sumFits = true)
    {
        using MemoryStream journal = new();
        byte[] header = new byte[SectorSize];
        Magic.CopyTo(header);
        DatabaseForge.Put(header, 8, records);
        DatabaseForge.Put(header, 16, pages);
        DatabaseForge.Put(header, 20, sectorSize);
        DatabaseForge.Put(header, 24, pageSize);
        journal.Write(header);
        byte[] record = new byte[DatabaseForge.PageSize + 8];
        DatabaseForge.Put(record, 0, page);
        journal.Write(record);
        if (super is not null)
        {
            byte[] name = Encoding.UTF8.GetBytes(super);
            byte[] trailer = new byte[4 + name.Length + 16];
            DatabaseForge.Put(trailer, 0, 0x40000000 / DatabaseForge.PageSize + 1);
            name.CopyTo(trailer, 4);
            DatabaseForge.Put(trailer, 4 + name.Length, (uint)name.Length);
            DatabaseForge.Put(trailer, 8 + name.Length, (uint)(name.Sum(static b => (sbyte)b) + (sumFits ? 0 : 1)));
            Magic.CopyTo(trailer.AsSpan(12 + name.Length));
            journal.Write(trailer);
        }

        File.WriteAllBytes(path, journal.ToArray());
    }
}
