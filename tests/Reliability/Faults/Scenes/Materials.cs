using System.Globalization;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>Databases and trees that scenes are built of.</summary>
internal static class Materials
{
    /// <summary>Makes a database in WAL mode as its writer leaves it when it dies: with commits that stand in the log alone.</summary>
    public static void DatabaseWithLog(string path, int rows)
    {
        using TemporaryDirectory making = new();
        using SqliteConnection connection = TestDatabase.Open(making["a.db"]);
        connection.Execute("PRAGMA journal_mode=wal");
        connection.Execute("PRAGMA wal_autocheckpoint=0");
        Create(connection, rows / 2);
        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        Insert(connection, rows / 2, rows - (rows / 2));
        Copy(making, path, "", "-wal", "-shm");
    }

    /// <summary>Makes a database that its last user closed.</summary>
    public static void ClosedDatabase(string path, int rows, string journalMode)
    {
        using SqliteConnection connection = TestDatabase.Open(path);
        connection.Execute($"PRAGMA journal_mode={journalMode}");
        Create(connection, rows);
    }

    /// <summary>Makes a database whose writer died in the middle of a transaction: a journal tells how to go back.</summary>
    public static void DatabaseWithHotJournal(string path, int rows)
    {
        using TemporaryDirectory making = new();
        using SqliteConnection connection = TestDatabase.Open(making["a.db"]);
        Create(connection, rows);
        connection.Execute("PRAGMA cache_size=2");
        connection.Execute("BEGIN");
        connection.Execute("UPDATE item SET number = -1");
        Copy(making, path, "", "-journal");
        Assert.True(new FileInfo(path + "-journal").Length > 512);
    }

    /// <summary>What a database of so many rows says of itself.</summary>
    public static string Content(int rows) =>
        string.Create(CultureInfo.InvariantCulture, $"{rows} {(long)rows * (rows - 1) / 2}");

    /// <summary>Fails unless a payload or a restored database has just those rows and is sound.</summary>
    public static void AssertContent(string path, int rows)
    {
        (string Check, string Content) found =
            (TestDatabase.Scalar(path, "PRAGMA integrity_check"), TestDatabase.Scalar(path, "SELECT count(*) || ' ' || sum(number) FROM item"));
        Assert.Equal(("ok", Content(rows)), found);
    }

    /// <summary>Makes a tree with what gives a backup work: three databases, links of both kinds, odd names and modes.</summary>
    public static void Tree(string path, string word)
    {
        Directory.CreateDirectory(Path.Join(path, "deep", "er"));
        Directory.CreateDirectory(Path.Join(path, "empty"));
        File.WriteAllText(Path.Join(path, "note"), word);
        File.WriteAllText(Path.Join(path, "deep", "na\"me\nwith line"), word + word);
        File.WriteAllBytes(Path.Join(path, "deep", "nothing"), []);
        byte[] large = new byte[600_000];
        new Random(word.Length).NextBytes(large);
        File.WriteAllBytes(Path.Join(path, "deep", "er", "large"), large);
        DatabaseWithLog(Path.Join(path, "live.db"), 300);
        ClosedDatabase(Path.Join(path, "deep", "closed.db"), 200, "wal");
        ClosedDatabase(Path.Join(path, "deep", "rollback.db"), 100, "delete");
        Tool.Run("ln", [Path.Join(path, "note"), Path.Join(path, "deep", "again")]);
        File.CreateSymbolicLink(Path.Join(path, "deep", "link"), "../note");
        File.CreateSymbolicLink(Path.Join(path, "dangling"), "nowhere");
        Tool.Run("chmod", ["640", Path.Join(path, "note")]);
        Tool.Run("chmod", ["500", Path.Join(path, "deep", "er")]);
        Tool.Run("touch", ["-h", "-d", "2020-02-02T02:02:02.123456789Z", Path.Join(path, "note"), Path.Join(path, "dangling"), Path.Join(path, "empty")]);
        if (Tool.Exists("setfattr"))
        {
            Tool.Run("setfattr", ["-n", "user.origin", "-v", word, Path.Join(path, "note")]);
        }
    }

    /// <summary>Fails unless a payload has what that tree has.</summary>
    public static void AssertTree(string payload, string source)
    {
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(source, file);
            if (path == "note" && !File.Exists(Path.Join(payload, path)))
            {
                // A second name of the same file, which not every store can have; a restore makes it.
                path = Path.Join("deep", "again");
            }

            if (!Path.GetFileName(path).Contains(".db", StringComparison.Ordinal) && new FileInfo(file).LinkTarget is null)
            {
                Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Join(payload, path))), path);
            }
        }

        AssertContent(Path.Join(payload, "live.db"), 300);
        AssertContent(Path.Join(payload, "deep", "closed.db"), 200);
        AssertContent(Path.Join(payload, "deep", "rollback.db"), 100);
        Assert.False(File.Exists(Path.Join(payload, "live.db-wal")));
    }

    private static void Create(SqliteConnection connection, int rows)
    {
        connection.Execute("CREATE TABLE item(id INTEGER PRIMARY KEY, number INTEGER, text TEXT)");
        Insert(connection, 0, rows);
    }

    private static void Insert(SqliteConnection connection, int from, int count) => connection.Execute(string.Create(
        CultureInfo.InvariantCulture,
        $"WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i+1 FROM n WHERE i<{from + count - 1}) INSERT INTO item(number, text) SELECT i, hex(randomblob(60)) FROM n"));

    private static void Copy(TemporaryDirectory making, string path, params string[] suffixes)
    {
        foreach (string suffix in suffixes)
        {
            File.Copy(making["a.db"] + suffix, path + suffix);
        }
    }
}
