using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite;

public sealed class CrashedDatabaseTests : DatabaseCaptureScene
{
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

    [SkippableFact]
    public void A_name_that_is_not_the_one_beside_which_the_log_stands_is_warned_of()
    {
        Skip.If(OperatingSystem.IsWindows(), "links are made with ln");
        string path = CrashedWal(keepSharedMemory: true);
        string other = Place["other.db"];
        Tool.Run("ln", [path, other]);
        Assert.Empty(WarningsOf(path));
        Assert.Contains(other, Assert.Single(WarningsOf(other)), StringComparison.Ordinal);

        IEnumerable<string> WarningsOf(string source)
        {
            RecordingObserver observer = new();
            SnapshotTaker.Take(new() { Source = source, Store = Place["backups"] }, observer, default);
            return observer.Warnings;
        }
    }

    [Fact]
    public void A_connection_to_a_source_makes_and_deletes_nothing_whatever_it_was_chosen_for()
    {
        // As it comes to be when a log vanishes between the look and the opening.
        string closed = Make("PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(7)");
        Assert.Throws<SqliteException>(() => ReadAs(DatabaseOpening.BesideLog, closed));
        Assert.Equal([closed], Directory.GetFiles(Place.Path, Path.GetFileName(closed) + "*"));

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
        string crashed = Place["crashed.db"];
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
        string superJournal = Assert.Single(Directory.GetFiles(Place.Path, "*-mj*"));
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
}
