using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite;

public sealed class DatabaseCaptureTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

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

    [Fact]
    public void What_is_only_in_the_log_of_a_crashed_writer_is_captured_and_the_log_stays()
    {
        string path = CrashedWal(keepSharedMemory: true);
        string before = Describe(path);
        (_, string copy) = Capture(path);
        Assert.Equal("42", TestDatabase.Scalar(copy, "SELECT x FROM t"));
        Assert.Equal(before, Describe(path));
    }

    [SkippableTheory]
    [InlineData(CaptureMethod.Exact)]
    [InlineData(CaptureMethod.Vacuum)]
    public void What_stands_beside_a_database_keeps_its_owner_and_its_times(CaptureMethod method)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "Needs root, whose SQLite hands sidecars over.");
        string journalled = Make("PRAGMA journal_mode=PERSIST", "CREATE TABLE t(x)", "INSERT INTO t VALUES(1)");
        string logged = CrashedWal(keepSharedMemory: true);
        string[] sidecars = [journalled + "-journal", logged + "-wal", logged + "-shm"];
        Tool.Run("chown", ["65534:65534", .. sidecars]);
        string before = Tool.Run("stat", ["--format=%n %u %g %a %s %y %z", .. sidecars]);
        Assert.Equal(3, before.Count(static c => c == '\n'));
        Capture(journalled, method);
        Capture(logged, method);
        Assert.Equal(before, Tool.Run("stat", ["--format=%n %u %g %a %s %y %z", .. sidecars]));
    }

    [Fact]
    public void A_connection_to_a_source_makes_and_deletes_nothing_whatever_it_was_chosen_for()
    {
        // As it comes to be when a log vanishes between the look and the opening.
        string closed = Make("PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(7)");
        Assert.Throws<SqliteException>(() => ReadAs(DatabaseOpening.BesideLog, closed));
        Assert.Equal([closed], Directory.GetFiles(_directory.Path, Path.GetFileName(closed) + "*"));

        // And when a file is emptied beside its log, which may be all that is left of the data.
        string emptied = CrashedWal(keepSharedMemory: true);
        File.WriteAllBytes(emptied, []);
        Assert.Throws<SqliteException>(() => ReadAs(DatabaseOpening.Plain, emptied));
        Assert.True(File.Exists(emptied + "-wal"));
    }

    [Fact]
    public void A_log_without_shared_memory_is_recovered_on_a_private_copy()
    {
        foreach (CaptureMethod method in new[] { CaptureMethod.Exact, CaptureMethod.Vacuum })
        {
            string path = CrashedWal(keepSharedMemory: false);
            string before = Describe(path);
            (_, string copy) = Capture(path, method);
            Assert.Equal("42", TestDatabase.Scalar(copy, "SELECT x FROM t"));
            Assert.Equal(before, Describe(path));
            Assert.Equal([Path.GetFileName(copy)], Directory.GetFiles(Path.GetDirectoryName(copy)!).Select(Path.GetFileName));
        }
    }

    [Fact]
    public void A_hot_journal_is_rolled_back_on_a_private_copy_and_stays_at_the_source()
    {
        string path = Make("CREATE TABLE t(x)", "INSERT INTO t VALUES(1)");
        string crashed = _directory["crashed.db"];
        using (SqliteConnection writer = TestDatabase.Open(path))
        {
            writer.Execute("PRAGMA cache_size=1");
            writer.Execute("BEGIN IMMEDIATE");
            writer.Execute("UPDATE t SET x=2");
            writer.Execute("CREATE TABLE big(y)");
            writer.Execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) INSERT INTO big SELECT zeroblob(3000) FROM n");
            CopyFile(path, crashed);
            CopyFile(path + "-journal", crashed + "-journal");
        }

        string before = Describe(crashed);
        (DatabaseCaptureResult result, string copy) = Capture(crashed);
        Assert.Equal("1", TestDatabase.Scalar(copy, "SELECT x FROM t"));
        Assert.Equal("0", TestDatabase.Scalar(copy, "SELECT count(*) FROM sqlite_master WHERE name='big'"));
        Assert.NotNull(result.LockedMs);
        Assert.Equal(before, Describe(crashed));
    }

    [SkippableFact]
    public void A_crash_within_a_transaction_over_two_databases_rolls_both_back_and_leaves_the_super_journal()
    {
        Skip.IfNot(Tool.Runs("strace", "-V") && Tool.Runs("sqlite3", "-version"), "Needs strace and sqlite3, to die between two system calls.");
        const string fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100) INSERT INTO big SELECT zeroblob(3000) FROM n";
        string one = Make("CREATE TABLE t(x)", "INSERT INTO t VALUES(1)", "CREATE TABLE big(y)", fill);
        string two = Make("CREATE TABLE t(x)", "INSERT INTO t VALUES(1)", "CREATE TABLE big(y)", fill);

        // The first unlink of the commit would remove the super-journal: dead there, nothing is committed.
        Tool.Run(
            "strace",
            ["-qq", "-o", "/dev/null", "-e", "inject=unlink:signal=SIGKILL:when=1", "sqlite3", one,
                $"ATTACH '{two}' AS two; BEGIN; UPDATE main.t SET x=2; UPDATE two.t SET x=2; UPDATE main.big SET y=x'00'; UPDATE two.big SET y=x'00'; COMMIT;"],
            mayFail: true);
        string superJournal = Assert.Single(Directory.GetFiles(_directory.Path, "*-mj*"));
        Assert.True(File.Exists(one + "-journal") && File.Exists(two + "-journal"));
        foreach (string path in new[] { one, two })
        {
            (_, string copy) = Capture(path);
            Assert.Equal("1", TestDatabase.Scalar(copy, "SELECT x FROM t"));
            Assert.Equal("300000", TestDatabase.Scalar(copy, "SELECT sum(length(y)) FROM big"));
            Assert.Equal(CheckResult.Ok, DatabaseInspector.Check(copy, CheckLevel.Full, default).Result);
        }

        Assert.True(File.Exists(superJournal));
        Assert.True(File.Exists(one + "-journal") && File.Exists(two + "-journal"));

        // Without its super-journal the same journal belongs to a committed transaction.
        File.Delete(superJournal);
        (_, string committed) = Capture(one);
        Assert.Equal("2", TestDatabase.Scalar(committed, "SELECT x FROM t"));
        Assert.Equal("100", TestDatabase.Scalar(committed, "SELECT sum(length(y)) FROM big"));
    }

    [SkippableFact]
    public void Databases_on_a_read_only_file_system_are_captured()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "Needs root, to mount.");
        string place = Directory.CreateDirectory(_directory["readonly"]).FullName;
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
        string deep = _directory[[.. Enumerable.Repeat(new string('d', 100), 6)]];
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
        string path = _directory["names", name];
        Directory.CreateDirectory(_directory["names"]);
        TestDatabase.Execute(path, "CREATE TABLE t(x)", "INSERT INTO t VALUES(5)");
        (_, string copy) = Capture(path);
        Assert.Equal("5", TestDatabase.Scalar(copy, "SELECT x FROM t"));
        Assert.Equal([path], Directory.GetFiles(_directory["names"]));
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

    private static void ReadAs(DatabaseOpening opening, string path)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        EntryName name = EntryName.FromText(Path.GetFileName(path));
        Assert.True(directory.TryGetStatus(name, out FileStatus status));
        using IDisposable registration = OpenDatabases.Register(status.Identity);
        using SourceConnection source = new(
            new DatabaseLocation(directory, name, Encoding.UTF8.GetBytes(path)), status.Identity, opening, default);
        Assert.True(source.TryBeginRead());
    }

    private static void CopyFile(string from, string to)
    {
        using FileStream input = new(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using FileStream output = new(to, FileMode.CreateNew);
        input.CopyTo(output);
    }

    private static string Describe(string path)
    {
        StringBuilder text = new();
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + "*").Order())
        {
            FileInfo info = new(file);
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{info.Name} {info.Length} {info.LastWriteTimeUtc:O} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}");
        }

        return text.ToString();
    }

    private static readonly Lock s_gate = new();

    private string Make(params string[] statements)
    {
        string path;
        lock (s_gate)
        {
            path = _directory[$"source-{Guid.NewGuid():N}.db"];
        }

        TestDatabase.Execute(path, statements);
        return path;
    }

    /// <summary>A WAL database whose writer died: its last commit is in the log alone.</summary>
    private string CrashedWal(bool keepSharedMemory, string lastStatement = "UPDATE t SET x=42")
    {
        string path = Make("PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(41)");
        string crashed = _directory[$"crashed-{Guid.NewGuid():N}.db"];
        using SqliteConnection writer = TestDatabase.Open(path);
        writer.Execute(lastStatement);
        CopyFile(path, crashed);
        CopyFile(path + "-wal", crashed + "-wal");
        if (keepSharedMemory)
        {
            CopyFile(path + "-shm", crashed + "-shm");
        }

        return crashed;
    }

    private (DatabaseCaptureResult Result, string Copy) Capture(
        string path, CaptureMethod method = CaptureMethod.Exact, CancellationToken cancellation = default)
    {
        string scratch = Directory.CreateDirectory(_directory[$"scratch-{Guid.NewGuid():N}"]).FullName;
        string copy = Path.Join(scratch, "copy.db");
        File.WriteAllBytes(copy, []);
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        DatabaseLocation location = new(
            directory, EntryName.FromText(Path.GetFileName(path)), Encoding.UTF8.GetBytes(path));
        DatabaseCaptureResult result = DatabaseCapture.Run(
            location, copy, method, new ProgressTracker(new RecordingObserver()), cancellation);
        return (result, copy);
    }
}
