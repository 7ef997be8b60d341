using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite;

public sealed class DatabaseCaptureTests : DatabaseCaptureScene
{
    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void Every_page_size_is_kept(int pageSize)
    {
        string path = Make($"PRAGMA page_size={pageSize}", "CREATE TABLE t(x)", "INSERT INTO t VALUES(1),(2)");
        (DatabaseCaptureResult result, string copy) = Capture(path);
        Assert.Equal(CaptureMethod.Exact, result.Method);
        Assert.Equal(pageSize, DatabaseInspector.ReadInfo(copy).PageSize);
        Assert.Equal("3", TestDatabase.Scalar(copy, "SELECT sum(x) FROM t"));
    }

    [Theory]
    [InlineData(512, "NONE", "DELETE")]
    [InlineData(4096, "FULL", "WAL")]
    [InlineData(4096, "INCREMENTAL", "DELETE")]
    [InlineData(8192, "NONE", "WAL")]
    [InlineData(65536, "NONE", "DELETE")]
    public void The_hash_taken_on_the_way_is_that_of_the_copy(int pageSize, string autoVacuum, string journalMode)
    {
        string path = Make(
            $"PRAGMA page_size={pageSize}",
            $"PRAGMA auto_vacuum={autoVacuum}",
            $"PRAGMA journal_mode={journalMode}",
            "CREATE TABLE t(x)",
            "CREATE INDEX i ON t(x)",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<30000) INSERT INTO t SELECT hex(randomblob(150)) FROM n",
            "DELETE FROM t WHERE rowid % 7 = 0");
        (DatabaseCaptureResult result, string copy) = Capture(path);
        Assert.Equal(ContentHash.OfFile(copy, default), result.Sha256);
    }

    [Fact]
    public void Beside_a_log_with_a_newer_first_page_the_hash_is_not_guessed()
    {
        string path = CrashedWal(keepSharedMemory: true, lastStatement: "CREATE TABLE more(y)");
        (DatabaseCaptureResult result, string copy) = Capture(path);
        Assert.Null(result.Sha256);
        Assert.Equal("1", TestDatabase.Scalar(copy, "SELECT count(*) FROM sqlite_master WHERE name='more'"));
    }

    [SkippableTheory]
    [InlineData("CREATE TABLE t(id TEXT PRIMARY KEY, v) WITHOUT ROWID", "INSERT INTO t VALUES('a',1)")]
    [InlineData("CREATE TABLE t(a INT, b INT GENERATED ALWAYS AS (a*2) STORED)", "INSERT INTO t(a) VALUES(1)")]
    [InlineData("CREATE VIRTUAL TABLE t USING fts5(body)", "INSERT INTO t VALUES('hello world')")]
    [InlineData("CREATE VIRTUAL TABLE t USING rtree(id, x0, x1)", "INSERT INTO t VALUES(1, 0, 1)")]
    [InlineData("PRAGMA auto_vacuum=FULL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(zeroblob(9000))")]
    [InlineData("PRAGMA auto_vacuum=INCREMENTAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(zeroblob(9000))")]
    [InlineData("CREATE TABLE t(a INTEGER) STRICT", "INSERT INTO t VALUES(1)")]
    public void Every_kind_of_table_is_captured_and_checked(params string[] statements)
    {
        const int strictSince = 3_037_000;
        Skip.If(
            statements[0].EndsWith("STRICT", StringComparison.Ordinal) && SqliteEngine.VersionNumber < strictSince,
            $"SQLite {SqliteEngine.Version} does not know STRICT tables.");
        foreach (CaptureMethod method in new[] { CaptureMethod.Exact, CaptureMethod.Vacuum })
        {
            string path = Make(statements);
            (_, string copy) = Capture(path, method);
            Assert.Equal("1", TestDatabase.Scalar(copy, "SELECT count(*) FROM t"));
            Assert.Equal(CheckResult.Ok, DatabaseInspector.Check(copy, CheckLevel.Full, default).Result);
        }
    }

    [Fact]
    public void A_cleanly_closed_wal_database_gets_no_sidecars_and_stays_untouched()
    {
        string path = Make("PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(7)");
        Assert.False(File.Exists(path + "-wal"));
        string before = Describe(path);
        (DatabaseCaptureResult result, string copy) = Capture(path);
        Assert.True(result.IsWal);
        Assert.Null(result.LockedMs);
        Assert.Equal(before, Describe(path));
        Assert.Equal("7", TestDatabase.Scalar(copy, "SELECT x FROM t"));
        Assert.Equal("wal", DatabaseInspector.ReadInfo(copy).JournalMode);
    }

    [SkippableFact]
    public void Databases_on_a_read_only_file_system_are_captured()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "Needs root, to mount.");
        string place = Directory.CreateDirectory(Place["readonly"]).FullName;
        Tool.Run("mount", ["-t", "tmpfs", "none", place]);
        try
        {
            TestDatabase.Execute(Path.Join(place, "plain.db"), "CREATE TABLE t(x)", "INSERT INTO t VALUES(42)");
            TestDatabase.Execute(Path.Join(place, "wal.db"), "PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(42)");
            string crashed = CrashedWal(keepSharedMemory: false);
            File.Copy(crashed, Path.Join(place, "log.db"));
            File.Copy(crashed + "-wal", Path.Join(place, "log.db-wal"));
            Tool.Run("mount", ["-o", "remount,ro", place]);
            foreach (string name in new[] { "plain.db", "wal.db", "log.db" })
            {
                (_, string copy) = Capture(Path.Join(place, name));
                Assert.Equal("42", TestDatabase.Scalar(copy, "SELECT x FROM t"));
            }
        }
        finally
        {
            Tool.Run("umount", [place]);
        }
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("WAL")]
    public void A_path_longer_than_SQLite_takes_is_captured(string journalMode)
    {
        string made = Make($"PRAGMA journal_mode={journalMode}", "CREATE TABLE t(x)", "INSERT INTO t VALUES(42)");
        string deep = Place[[.. Enumerable.Repeat(new string('d', 100), 6)]];
        Directory.CreateDirectory(deep);
        string path = Path.Join(deep, "app.db");
        File.Move(made, path);
        (_, string copy) = Capture(path);
        Assert.Equal("42", TestDatabase.Scalar(copy, "SELECT x FROM t"));
        Assert.Equal([path], Directory.GetFiles(deep));
    }

    [Theory]
    [InlineData("plain name.db")]
    [InlineData("quote'double\"semi;colon.db")]
    [InlineData("what?#100%25&mode=rwc.db")]
    [InlineData("Ünïcode ☃ 数据.db")]
    [InlineData("no-extension")]
    [InlineData("new\nline.db")]
    public void Every_name_is_captured(string name)
    {
        string path = Place["names", name];
        Directory.CreateDirectory(Place["names"]);
        TestDatabase.Execute(path, "CREATE TABLE t(x)", "INSERT INTO t VALUES(5)");
        (_, string copy) = Capture(path);
        Assert.Equal("5", TestDatabase.Scalar(copy, "SELECT x FROM t"));
        Assert.Equal([path], Directory.GetFiles(Place["names"]));
    }

    [Fact]
    public void Vacuum_that_needs_what_is_not_here_suggests_exact_and_exact_works()
    {
        string path = Make("CREATE TABLE t(x)", "INSERT INTO t VALUES('a')");
        using (SqliteConnection connection = TestDatabase.Open(path))
        {
            // A collation that only the application has: written into the schema as its name of the same length.
            connection.Execute("CREATE INDEX i ON t(x COLLATE NOCASE)");
        }

        byte[] bytes = File.ReadAllBytes(path);
        int at = bytes.AsSpan().IndexOf("NOCASE"u8);
        "MYOWNC"u8.CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(path, bytes);

        BackupException error = Assert.Throws<BackupException>(() => Capture(path, CaptureMethod.Vacuum));
        Assert.Equal(ErrorId.CaptureFailed, error.Id);
        Assert.Contains("exact", error.Message, StringComparison.Ordinal);
        (_, string copy) = Capture(path);
        Assert.Equal("a", TestDatabase.Scalar(copy, "SELECT x FROM t NOT INDEXED"));
        Assert.Equal(CheckResult.Unverifiable, DatabaseInspector.Check(copy, CheckLevel.Quick, default).Result);
    }

    [Fact]
    public void A_corrupt_page_is_captured_and_found_by_the_check()
    {
        string path = Make(
            "CREATE TABLE t(x)",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) INSERT INTO t SELECT hex(randomblob(50)) FROM n");
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(4096 * 5, 200).Fill(0xff);
        File.WriteAllBytes(path, bytes);
        (DatabaseCaptureResult result, string copy) = Capture(path);
        Assert.Equal(CaptureMethod.Exact, result.Method);
        Assert.Equal(CheckResult.Corrupt, DatabaseInspector.Check(copy, CheckLevel.Quick, default).Result);
    }

    [Fact]
    public void What_SQLite_cannot_read_is_copied_raw()
    {
        string path = Make("CREATE TABLE t(x)");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[17] = 7; // a page size that is no power of two
        File.WriteAllBytes(path, bytes);
        (DatabaseCaptureResult result, string copy) = Capture(path);
        Assert.Equal(CaptureMethod.Raw, result.Method);
        Assert.Equal(bytes, File.ReadAllBytes(copy));
    }

    [SkippableFact]
    public void A_database_that_this_process_holds_open_elsewhere_is_refused_untouched()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no POSIX locks to lose.");
        string path = Make("CREATE TABLE t(x)");
        using FileStream other = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        BackupException error = Assert.Throws<BackupException>(() => Capture(path));
        Assert.Equal(ErrorId.DatabaseOpenInThisSession, error.Id);
    }

    [Fact]
    public void Cancelling_ends_the_capture()
    {
        string path = Make("CREATE TABLE t(x)");
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Capture(path, CaptureMethod.Exact, source.Token));
    }
}
