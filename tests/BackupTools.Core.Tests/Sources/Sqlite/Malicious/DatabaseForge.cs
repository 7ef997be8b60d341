using System.Buffers.Binary;
using System.Globalization;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite.Malicious;

/// <summary>Makes honest databases and writes into them what SQLite never would.</summary>
internal static class DatabaseForge
{
    public const int PageSize = 4096;

    /// <summary>A database with a table <c>t</c> of some hundred pages, from page 2 on.</summary>
    public static void Make(string path, int rows = 2000, bool wal = false, params string[] statements)
    {
        using SqliteConnection connection = Open(path);
        connection.Execute("PRAGMA page_size=" + PageSize.ToString(CultureInfo.InvariantCulture));
        connection.Execute(wal ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE");
        connection.Execute("CREATE TABLE t(x INTEGER PRIMARY KEY, y TEXT)");
        connection.Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{rows}) INSERT INTO t SELECT i, hex(zeroblob(100)) FROM n"));
        foreach (string statement in statements)
        {
            connection.Execute(statement);
        }
    }

    /// <summary>Opens without what protects a schema, as whoever forges one does.</summary>
    public static unsafe SqliteConnection Open(string path)
    {
        SqliteConnection connection = TestDatabase.Open(path);
        int result;
        _ = SqliteNative.Configure(connection.Handle, SqliteNative.ConfigDefensive, 0, &result, 0, 0, 0, 0, 0, &result);
        _ = SqliteNative.Configure(connection.Handle, SqliteNative.ConfigTrustedSchema, 1, &result, 0, 0, 0, 0, 1, &result);
        return connection;
    }

    /// <summary>Writes into the schema as it lies in the file.</summary>
    public static void EditSchema(string path, params string[] statements)
    {
        using SqliteConnection connection = Open(path);
        connection.Execute("PRAGMA writable_schema=ON");
        foreach (string statement in statements)
        {
            connection.Execute(statement);
        }
    }

    /// <summary>Changes bytes of a file.</summary>
    public static void Change(string path, Action<byte[]> change)
    {
        byte[] bytes = File.ReadAllBytes(path);
        change(bytes);
        File.WriteAllBytes(path, bytes);
    }

    public static void Put(byte[] bytes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(offset), value);

    public static void PutShort(byte[] bytes, int offset, int value) =>
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(offset), (ushort)value);

    public static uint Get(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset));

    /// <summary>The page's bytes from its b-tree header on begin here.</summary>
    public static int PageStart(uint page) => page == 1 ? 100 : (int)(page - 1) * PageSize;

    /// <summary>Makes a page the inside of a table's tree, all of whose many children are one page.</summary>
    public static void MakeInside(byte[] bytes, uint page, uint child)
    {
        int start = PageStart(page);
        int end = (int)page * PageSize;
        bytes.AsSpan(start, end - start).Clear();
        int cell = end - 8;
        Put(bytes, cell, child);
        bytes[cell + 4] = 1;

        // All cells lie in one place: nothing in the format forbids it. As many as SQLite takes.
        int count = Math.Min((cell - start - 12) / 2, (PageSize - 8) / 6);
        bytes[start] = 5;
        PutShort(bytes, start + 3, count);
        PutShort(bytes, start + 5, cell - ((int)(page - 1) * PageSize));
        Put(bytes, start + 8, child);
        for (int i = 0; i < count; i++)
        {
            PutShort(bytes, start + 12 + (2 * i), cell - ((int)(page - 1) * PageSize));
        }
    }

    /// <summary>Copies a leaf of the schema from page 1 to another page.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="page">The other page.</param>
    /// <param name="cells">Which of its cells it has there.</param>
    public static void CopySchemaLeaf(byte[] bytes, uint page, Range cells)
    {
        byte[] first = bytes[..PageSize];
        int start = PageStart(page);
        first.CopyTo(bytes, start);
        bytes.AsSpan(start, PageSize / 2).Clear();
        byte[] pointers = first[108..(108 + (2 * ((first[103] << 8) + first[104])))];
        pointers = pointers[(2 * cells.Start.GetOffset(pointers.Length / 2))..(2 * cells.End.GetOffset(pointers.Length / 2))];
        first.AsSpan(100, 8).CopyTo(bytes.AsSpan(start));
        PutShort(bytes, start + 1, 0);
        PutShort(bytes, start + 3, pointers.Length / 2);
        pointers.CopyTo(bytes, start + 8);
    }

    /// <summary>The first leaf of the table <c>t</c>.</summary>
    public static uint FirstLeaf(byte[] bytes)
    {
        for (uint page = 2; page * PageSize <= bytes.Length; page++)
        {
            if (bytes[PageStart(page)] == 13)
            {
                return page;
            }
        }

        throw new InvalidOperationException("There is no leaf.");
    }
}
