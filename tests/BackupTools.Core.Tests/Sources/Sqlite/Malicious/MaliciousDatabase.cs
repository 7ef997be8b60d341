using System.Globalization;
using static BackupTools.Core.Tests.Sources.Sqlite.Malicious.DatabaseForge;

namespace BackupTools.Core.Tests.Sources.Sqlite.Malicious;

/// <summary>A database that was made to harm whoever opens it.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Make">
/// Makes it at a path, with what belongs beside it. The second path is that of a file elsewhere, which nobody may touch.
/// </param>
internal sealed record MaliciousDatabase(string Name, Action<string, string> Make)
{
    public const uint Huge = 0xffffffff;

    /// <summary>All that there are.</summary>
    public static IReadOnlyList<MaliciousDatabase> All { get; } =
        [.. Headers(), .. Trees(), .. MaliciousSchemas.All(), .. MaliciousLogs.Logs(), .. MaliciousLogs.Journals()];

    public override string ToString() => Name;

    private static MaliciousDatabase Forged(string name, Action<byte[]> change) => new(name, (path, _) =>
    {
        DatabaseForge.Make(path);
        Change(path, change);
    });

    private static IEnumerable<MaliciousDatabase> Headers()
    {
        foreach (int length in (int[])[16, 17, 18, 99, 100, 511, 512, 4095])
        {
            yield return new(string.Create(CultureInfo.InvariantCulture, $"cut to {length} bytes"), (path, _) =>
            {
                DatabaseForge.Make(path);
                using FileStream stream = new(path, FileMode.Open);
                stream.SetLength(length);
            });
        }

        yield return Forged("4 billion pages by its header", static bytes => Put(bytes, 28, Huge));
        yield return Forged("2 billion pages by its header", static bytes => Put(bytes, 28, 0x7fffffff));
        yield return Forged("no pages by its header", static bytes => Put(bytes, 28, 0));
        foreach (int size in (int[])[0, 1, 2, 3, 256, 512, 1024, 32768, 65535])
        {
            yield return Forged(string.Create(CultureInfo.InvariantCulture, $"page size {size} by its header"), bytes => PutShort(bytes, 16, size));
        }

        foreach (byte version in (byte[])[0, 3, 255])
        {
            yield return Forged(string.Create(CultureInfo.InvariantCulture, $"format {version} to read and write"), bytes => bytes[18] = bytes[19] = version);
        }

        yield return Forged("255 reserved bytes", static bytes => bytes[20] = 255);
        yield return Forged("payload fractions of zero", static bytes => bytes[21] = bytes[22] = bytes[23] = 0);
        yield return Forged("schema format of a later age", static bytes => Put(bytes, 44, 200));
        yield return Forged("an unknown text encoding", static bytes => Put(bytes, 56, 7));
        yield return Forged("an automatic vacuum that never was", static bytes =>
        {
            Put(bytes, 52, 3);
            Put(bytes, 64, 1);
        });
        yield return Forged("a write-ahead log that it does not have", static bytes => bytes[18] = bytes[19] = 2);
    }

    private static IEnumerable<MaliciousDatabase> Trees()
    {
        yield return Forged("a free list that leads to itself", static bytes =>
        {
            uint leaf = FirstLeaf(bytes);
            Put(bytes, 32, leaf);
            Put(bytes, 36, Huge);
            Put(bytes, (int)(leaf - 1) * PageSize, leaf);
            Put(bytes, ((int)(leaf - 1) * PageSize) + 4, Huge);
        });
        yield return Forged("a table whose root is its own child", static bytes => MakeInside(bytes, 2, 2));
        yield return Forged("a schema whose root is its own child", static bytes => MakeInside(bytes, 1, 1));
        yield return Forged("a table with more paths than anybody can walk", static bytes =>
        {
            uint inside = MakeEndless(bytes, FirstLeaf(bytes));
            MakeInside(bytes, 2, inside);
        });
        yield return new("a schema with more paths than anybody can walk", static (path, _) =>
        {
            // What SQLite takes any number of times is the index that it makes by itself.
            DatabaseForge.Make(path, 500, wal: false, "CREATE TABLE u(x UNIQUE)");
            Change(path, static bytes =>
            {
                uint leaf = FirstLeaf(bytes);
                CopySchemaLeaf(bytes, leaf, ..);
                CopySchemaLeaf(bytes, leaf + 1, ^1..);
                uint inside = MakeEndless(bytes, leaf + 1);
                MakeInside(bytes, 1, inside);
                Put(bytes, PageSize - 16, leaf);
                bytes[PageSize - 12] = 1;
                PutShort(bytes, 112, PageSize - 16);
                PutShort(bytes, 105, PageSize - 16);
            });
        });
        yield return Forged("a table whose children lie beyond the file", static bytes => MakeInside(bytes, 2, 0x7ffffff0));
        yield return Forged("65,535 cells on a page", static bytes => PutShort(bytes, PageStart(FirstLeaf(bytes)) + 3, 65535));
        yield return Forged("cells that lie beyond their page", static bytes => PutShort(bytes, PageStart(FirstLeaf(bytes)) + 8, 65535));
        yield return Forged("free blocks of a page in a circle", static bytes =>
        {
            int start = PageStart(FirstLeaf(bytes));
            PutShort(bytes, start + 1, 2000);
            PutShort(bytes, start + 2000, 2000);
        });
        foreach (byte[] size in (byte[][])[[0x87, 0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]])
        {
            yield return Forged(string.Create(CultureInfo.InvariantCulture, $"a record of more bytes than there are ({size.Length} to tell it)"), bytes =>
            {
                int start = PageStart(FirstLeaf(bytes));
                size.CopyTo(bytes, start + (bytes[start + 8] << 8) + bytes[start + 9]);
            });
        }

        yield return new("an overflow chain in a circle", static (path, _) =>
        {
            DatabaseForge.Make(path, 10, wal: false, "CREATE TABLE o(x)", "INSERT INTO o VALUES(zeroblob(2000000))");
            Change(path, static bytes =>
            {
                // All pages at the end are links of one chain, each pointing to the next.
                uint last = (uint)(bytes.Length / PageSize);
                for (uint page = last - 400; page <= last; page++)
                {
                    Put(bytes, (int)(page - 1) * PageSize, last - 400);
                }
            });
        });
        yield return new("a schema text in an overflow chain in a circle", static (path, _) =>
        {
            string columns = string.Join(',', Enumerable.Range(0, 1900).Select(static i => $"a_long_name_for_a_column_{i}"));
            DatabaseForge.Make(path, 10, wal: false, $"CREATE TABLE o({columns})");
            Change(path, static bytes =>
            {
                uint last = (uint)(bytes.Length / PageSize);
                for (uint page = last - 5; page <= last; page++)
                {
                    Put(bytes, (int)(page - 1) * PageSize, last - 5);
                }
            });
        });
    }

    // Each page has some seven hundred children, all of them the next page: 700 to the 15th ways to the one leaf.
    private static uint MakeEndless(byte[] bytes, uint leaf)
    {
        uint last = (uint)(bytes.Length / PageSize);
        MakeInside(bytes, last, leaf);
        for (uint page = last - 1; page > last - 15; page--)
        {
            MakeInside(bytes, page, page + 1);
        }

        return last - 14;
    }
}
