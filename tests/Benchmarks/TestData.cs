using System.Globalization;
using System.Text;

namespace BackupTools.Benchmarks;

/// <summary>Makes what is backed up. The same every time but for the database's text, which SQLite draws.</summary>
internal static class TestData
{
    // What a row of the table and its two index entries take, measured once.
    private const int BytesPerRow = 522;

    private static readonly string[] s_words =
    [
        "and", "backup", "bread", "cloud", "deep", "edge", "field", "garden", "harbour", "iron", "journey", "kettle",
        "lamp", "meadow", "night", "orchard", "paper", "quiet", "river", "stone", "the", "under", "valley", "water",
    ];

    public static int RowsFor(int megabytes) => (int)((long)megabytes * 1024 * 1024 / BytesPerRow);

    /// <summary>A database with text and two indexes, in WAL mode and cleanly closed.</summary>
    public static void MakeDatabase(CommandRunner runner, string path, int rows)
    {
        string sql = string.Create(CultureInfo.InvariantCulture, $"""
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;
            CREATE TABLE note(id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, stars INTEGER NOT NULL, created INTEGER NOT NULL);
            WITH RECURSIVE row(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM row WHERE id < {rows})
                INSERT INTO note SELECT id, hex(randomblob(14)), hex(randomblob(150 + id % 100)), 0, 1700000000 + id FROM row;
            CREATE INDEX note_title ON note(title);
            CREATE INDEX note_created ON note(created);
            PRAGMA journal_mode = WAL;
            """);
        runner.Run("sqlite3", path, sql);
    }

    /// <summary>Small files of 0 to <paramref name="largest"/> bytes, most of them short, in nested directories.</summary>
    public static void MakeSmallFiles(string path, int count, int largest, CancellationToken cancellation)
    {
        byte[] text = MakeText();
        Random random = new(1);
        string directory = path;
        for (int i = 0; i < count; i++)
        {
            if (i % 100 == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                directory = Path.Join(path, Invariant(i / 1000), Invariant(i / 100 % 10));
                Directory.CreateDirectory(directory);
            }

            int length = (int)(Math.Pow(random.NextDouble(), 3) * largest);
            File.WriteAllBytes(Path.Join(directory, Invariant(i) + ".txt"), text.AsSpan(random.Next(text.Length - length), length));
        }
    }

    /// <summary>Files of bytes that no program can compress or share.</summary>
    public static void MakeLargeFiles(string path, int count, int megabytes, CancellationToken cancellation)
    {
        Directory.CreateDirectory(path);
        byte[] block = new byte[1024 * 1024];
        Random random = new(3);
        for (int i = 0; i < count; i++)
        {
            using FileStream file = File.Create(Path.Join(path, Invariant(i) + ".bin"));
            for (int m = 0; m < megabytes; m++)
            {
                cancellation.ThrowIfCancellationRequested();
                random.NextBytes(block);
                file.Write(block);
            }
        }
    }

    /// <summary>Reads everything once, so that each program finds it in the page cache.</summary>
    public static void Warm(string path, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1024 * 1024];
        IEnumerable<string> files = File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories);
        foreach (string name in files)
        {
            cancellation.ThrowIfCancellationRequested();
            using FileStream file = new(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            while (file.Read(buffer) > 0)
            {
            }
        }
    }

    private static byte[] MakeText()
    {
        StringBuilder text = new();
        Random random = new(4);
        while (text.Length < 4 * 1024 * 1024)
        {
            text.Append(s_words[random.Next(s_words.Length)]).Append(random.Next(12) == 0 ? '\n' : ' ');
            text.Append(random.Next(8) == 0 ? random.Next().ToString("x8", CultureInfo.InvariantCulture) : "");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);
}
