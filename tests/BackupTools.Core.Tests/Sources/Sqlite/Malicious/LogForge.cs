using System.Buffers.Binary;

namespace BackupTools.Core.Tests.Sources.Sqlite.Malicious;

/// <summary>Write-ahead logs with frames that SQLite never wrote and sums that fit all the same (https://sqlite.org/fileformat2.html, 4).</summary>
internal static class LogForge
{
    private const int PageSize = DatabaseForge.PageSize;

    /// <summary>Writes a log.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="pageSize">The page size that its header tells.</param>
    /// <param name="frames">Page number, pages of the database after the commit (0 where there is none), content.</param>
    public static void Write(string path, uint pageSize, params (uint Page, uint Commit, byte[] Content)[] frames)
    {
        byte[] log = new byte[32 + (frames.Length * (24 + PageSize))];
        Put(log, 0, 0x377f0682);
        Put(log, 4, 3007000);
        Put(log, 8, pageSize);
        Put(log, 16, 0x11111111);
        Put(log, 20, 0x22222222);
        (uint a, uint b) = Sum(log.AsSpan(0, 24), 0, 0);
        Put(log, 24, a);
        Put(log, 28, b);
        int at = 32;
        foreach ((uint page, uint commit, byte[] content) in frames)
        {
            Put(log, at, page);
            Put(log, at + 4, commit);
            log.AsSpan(16, 8).CopyTo(log.AsSpan(at + 8));
            content.CopyTo(log.AsSpan(at + 24));
            (a, b) = Sum(log.AsSpan(at, 8), a, b);
            (a, b) = Sum(log.AsSpan(at + 24, PageSize), a, b);
            Put(log, at + 16, a);
            Put(log, at + 20, b);
            at += 24 + PageSize;
        }

        File.WriteAllBytes(path, log);
    }

    private static void Put(byte[] bytes, int offset, uint value) => DatabaseForge.Put(bytes, offset, value);

    // The magic ends in 2: the words that are summed up are little-endian.
    private static (uint A, uint B) Sum(ReadOnlySpan<byte> bytes, uint a, uint b)
    {
        for (int i = 0; i < bytes.Length; i += 8)
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]) + b;
            b += BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i + 4)..]) + a;
        }

        return (a, b);
    }
}
