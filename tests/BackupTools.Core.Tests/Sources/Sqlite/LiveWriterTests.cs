using System.Globalization;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Sources.Sqlite;

/// <summary>Snapshots while another process commits all the time.</summary>
public sealed class LiveWriterTests : IDisposable
{
    private const int Rounds = 8;
    private const string SumSql = "SELECT (SELECT sum(amount) FROM credit) + (SELECT sum(amount) FROM debit)";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("WAL", CaptureMethod.Exact)]
    [InlineData("WAL", CaptureMethod.Vacuum)]
    [InlineData("DELETE", CaptureMethod.Exact)]
    [InlineData("DELETE", CaptureMethod.Vacuum)]
    [InlineData("TRUNCATE", CaptureMethod.Exact)]
    [InlineData("PERSIST", CaptureMethod.Exact)]
    public void Each_snapshot_is_one_transactions_view_and_the_writer_never_fails(string journalMode, CaptureMethod method)
    {
        string database = _directory["app.db"];
        WriterProgram.CreateDatabase(database, journalMode);
        using WriterProcess writer = WriterProcess.Start(database);
        List<StoredSnapshot> snapshots = [];
        for (int i = 0; i < Rounds; i++)
        {
            snapshots.Add(Take(new() { Source = database, Store = _directory["backups"], Capture = method, Check = CheckLevel.Full }));
        }

        (int commits, int failures) = writer.Stop();
        Assert.Equal(0, failures);
        Assert.True(commits > Rounds, $"The writer committed only {commits} times.");
        long last = 0;
        foreach (StoredSnapshot snapshot in snapshots)
        {
            Assert.Equal(CheckResult.Ok, snapshot.Manifest.Check!.Result);
            Assert.Equal(method, snapshot.Manifest.Sqlite!.Capture);
            Assert.Equal(journalMode == "WAL" ? "wal" : "delete", snapshot.Manifest.Sqlite.JournalMode);
            Assert.Equal(journalMode != "WAL", snapshot.Manifest.Sqlite.LockedMs is not null);
            Assert.Equal(WriterProgram.Sum.ToString(CultureInfo.InvariantCulture), TestDatabase.Scalar(snapshot.SnapshotPath, SumSql));
            long rows = snapshot.Manifest.Sections.Single(static section => section.Name == "log").EntryCount;
            Assert.True(rows >= last, "A later snapshot holds less than an earlier one.");
            last = rows;
        }

        Assert.True(last > 3000, "No snapshot holds anything that the writer wrote.");
    }

    [Theory]
    [InlineData("WAL")]
    [InlineData("DELETE")]
    public void A_database_in_a_directory_is_captured_while_it_is_written(string journalMode)
    {
        string source = Directory.CreateDirectory(_directory["state"]).FullName;
        string database = Path.Join(source, "no-extension");
        File.WriteAllText(Path.Join(source, "settings.json"), "{}");
        WriterProgram.CreateDatabase(database, journalMode);
        using WriterProcess writer = WriterProcess.Start(database);
        for (int i = 0; i < Rounds; i++)
        {
            StoredSnapshot snapshot = Take(new() { Source = source, Store = _directory["backups"] });
            Assert.Equal(CheckResult.Ok, snapshot.Manifest.Check!.Result);
            Assert.Equal(SnapshotState.Complete, snapshot.State);
            Assert.Equal(
                ["no-extension", "settings.json"],
                Directory.GetFileSystemEntries(snapshot.SnapshotPath).Select(Path.GetFileName).Order());
            Assert.Equal(
                WriterProgram.Sum.ToString(CultureInfo.InvariantCulture),
                TestDatabase.Scalar(Path.Join(snapshot.SnapshotPath, "no-extension"), SumSql));
        }

        Assert.Equal(0, writer.Stop().Failures);
    }

    [Theory]
    [InlineData("WAL", WriterHabit.Reopen)]
    [InlineData("DELETE", WriterHabit.Reopen)]
    [InlineData("DELETE", WriterHabit.Replace)]
    public void A_database_that_is_opened_and_closed_or_replaced_all_the_time_is_captured_each_time(
        string journalMode, WriterHabit habit)
    {
        const int rounds = 60;
        string database = _directory["state", "app.db"];
        Directory.CreateDirectory(_directory["state"]);
        WriterProgram.CreateDatabase(database, journalMode);
        using WriterProcess writer = WriterProcess.Start(database, habit);
        for (int i = 0; i < rounds; i++)
        {
            StoredSnapshot snapshot = Take(new() { Source = database, Store = _directory["backups"], Keep = 1 });
            Assert.Equal(CaptureMethod.Exact, snapshot.Manifest.Sqlite!.Capture);
            Assert.Equal(CheckResult.Ok, snapshot.Manifest.Check!.Result);
            Assert.Equal(
                WriterProgram.Sum.ToString(CultureInfo.InvariantCulture), TestDatabase.Scalar(snapshot.SnapshotPath, SumSql));
        }

        (int commits, int failures) = writer.Stop();
        Assert.Equal(0, failures);
        Assert.True(commits > rounds, $"The writer committed only {commits} times.");

        // Once more alone, or what the writer could not remove beside the last snapshot would still be there.
        TestDatabase.Execute(database, "INSERT INTO log(note) VALUES('last')");
        Assert.Equal([database], Directory.GetFiles(_directory["state"]).Where(static file => !file.EndsWith(".new", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("WAL")]
    [InlineData("DELETE")]
    public void A_database_whose_writer_was_killed_is_captured_as_of_its_last_commit(string journalMode)
    {
        for (int i = 0; i < 5; i++)
        {
            string database = _directory[$"killed{i}.db"];
            WriterProgram.CreateDatabase(database, journalMode);
            using (WriterProcess writer = WriterProcess.Start(database))
            {
                writer.Kill();
            }

            string[] before = Directory.GetFiles(_directory.Path, $"killed{i}.db*");
            StoredSnapshot snapshot = Take(new() { Source = database, Store = _directory["backups"] });
            Assert.Equal(before, Directory.GetFiles(_directory.Path, $"killed{i}.db*"));
            Assert.Equal(CheckResult.Ok, snapshot.Manifest.Check!.Result);
            Assert.Equal(
                WriterProgram.Sum.ToString(CultureInfo.InvariantCulture), TestDatabase.Scalar(snapshot.SnapshotPath, SumSql));
        }
    }

    [SkippableFact]
    public void A_database_with_a_log_that_a_process_keeps_for_itself_is_captured_when_it_lets_go()
    {
        Skip.If(OperatingSystem.IsWindows(), "locks are looked at as Unix has them");
        string database = _directory["app.db"];
        WriterProgram.CreateDatabase(database, "WAL");
        using WriterProcess holder = WriterProcess.Hold(database);
        bool waited = false;
        RecordingObserver observer = new()
        {
            // Only then: whoever gave up would never see the lock go.
            Noticed = notice =>
            {
                if (notice.Message.Contains("waiting", StringComparison.Ordinal) && !waited)
                {
                    waited = true;
                    holder.LetGo();
                }
            },
        };
        StoredSnapshot snapshot = SnapshotTaker.Take(new() { Source = database, Store = _directory["backups"] }, observer, default).Snapshot;
        Assert.True(waited);
        Assert.Equal("1", TestDatabase.Scalar(snapshot.SnapshotPath, "SELECT count(*) FROM log WHERE note='held'"));
    }

    private static StoredSnapshot Take(NewSnapshotRequest request) =>
        SnapshotTaker.Take(request, new RecordingObserver(), default).Snapshot;
}
