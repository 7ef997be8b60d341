using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Snapshots;

public sealed class SnapshotTakerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingObserver _observer = new();
    private readonly string _database;

    public SnapshotTakerTests()
    {
        _database = _directory["app.db"];
        TestDatabase.Execute(_database, "PRAGMA user_version=7", "CREATE TABLE a(x)", "CREATE TABLE b(x)", "INSERT INTO a VALUES(1),(2)");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_manifest_of_a_database_tells_what_is_in_it()
    {
        SnapshotManifest manifest = Take(new() { Source = _database, Store = Store, Tags = ["weekly", "weekly"], Comment = "before the upgrade" }).Snapshot.Manifest;
        Assert.Equal("sqlite", manifest.Kind);
        Assert.Equal("app", manifest.Name);
        Assert.Equal(_database, manifest.Source);
        Assert.Equal(_database, manifest.SourceDb);
        Assert.Equal([new SnapshotSection("a", 2), new SnapshotSection("b", 0)], manifest.Sections);
        Assert.Equal(2, manifest.EntryCount);
        Assert.Equal(7, manifest.Sqlite!.UserVersion);
        Assert.Equal(manifest.Bytes, manifest.Sqlite.PageCount * manifest.Sqlite.PageSize);
        Assert.Equal(["weekly"], manifest.Tags);
        Assert.Equal("before the upgrade", manifest.Comment);
        Assert.True(Guid.TryParse(manifest.Id, out Guid id) && id.Version == 7);
    }

    [Fact]
    public void Only_the_newest_are_kept_and_never_a_tagged_one_removed()
    {
        StoredSnapshot tagged = Take(new() { Source = _database, Store = Store, Tags = ["gold"] }).Snapshot;
        StoredSnapshot other = Take(new() { Source = _database, Store = Store, Name = "other" }).Snapshot;
        for (int i = 0; i < 4; i++)
        {
            Take(new() { Source = _database, Store = Store, Keep = 2 });
        }

        NewSnapshotResult last = Take(new() { Source = _database, Store = Store, Keep = 1 });
        Assert.Equal(2, last.Removed.Count);
        Assert.Equal(
            [tagged.Manifest.Id, other.Manifest.Id, last.Snapshot.Manifest.Id],
            SnapshotLister.List(new ListRequest { Path = Store }, _observer, default).Select(static snapshot => snapshot.Manifest.Id));
    }

    [Fact]
    public void What_the_default_number_removes_is_told()
    {
        for (int i = 0; i < NewSnapshotRequest.DefaultKeep; i++)
        {
            Take(new() { Source = _database, Store = Store, Check = CheckLevel.None });
        }

        Assert.Empty(_observer.Warnings);
        Assert.Single(Take(new() { Source = _database, Store = Store }).Removed);
        string warning = Assert.Single(_observer.Warnings);
        Assert.Contains("--keep 0", warning, StringComparison.Ordinal);
        Assert.Contains("prune", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_corrupt_database_is_kept_marked_and_removes_nothing()
    {
        Take(new() { Source = _database, Store = Store });
        TestDatabase.Execute(
            _database,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) INSERT INTO a SELECT hex(randomblob(50)) FROM n");
        byte[] bytes = File.ReadAllBytes(_database);
        bytes.AsSpan(4096 * 6, 200).Fill(0xff);
        File.WriteAllBytes(_database, bytes);
        NewSnapshotResult result = Take(new() { Source = _database, Store = Store, Keep = 1 });
        Assert.Equal(CheckResult.Corrupt, result.Snapshot.Manifest.Check!.Result);
        Assert.Empty(result.Removed);
    }

    [Fact]
    public void The_plan_is_what_then_happens_and_writes_nothing()
    {
        Take(new() { Source = _database, Store = Store, Keep = 0 });
        Take(new() { Source = _database, Store = Store, Keep = 0 });
        NewSnapshotRequest request = new() { Source = _database, Store = Store, Keep = 1 };
        string[] before = Directory.GetFileSystemEntries(Store);
        NewSnapshotPlan plan = SnapshotTaker.Plan(request, _observer, default);
        Assert.Equal(before, Directory.GetFileSystemEntries(Store));
        Assert.Equal(new FileInfo(_database).Length, plan.Bytes);
        NewSnapshotResult result = Take(request);
        Assert.Equal(plan.Remove.Select(static s => s.SnapshotPath), result.Removed.Select(static s => s.SnapshotPath));
        Assert.Equal(2, result.Removed.Count);
    }

    [Fact]
    public void A_plan_for_a_store_that_is_not_there_makes_none()
    {
        NewSnapshotPlan plan = SnapshotTaker.Plan(new() { Source = _directory.Path, Store = Store }, _observer, default);
        Assert.False(Directory.Exists(Store));
        Assert.Equal("directory", plan.Kind);
        Assert.Equal(new FileInfo(_database).Length, plan.Bytes);
    }

    [Theory]
    [InlineData("missing", ErrorId.SourceNotFound)]
    [InlineData("app.db/below", ErrorId.SourceNotFound)]
    [InlineData("text", ErrorId.SourceNotSupported)]
    [InlineData("empty", ErrorId.SourceNotSupported)]
    public void What_cannot_be_a_source_is_refused_and_makes_no_store(string name, ErrorId expected)
    {
        File.WriteAllText(_directory["text"], "SQLite format 2, or so");
        File.WriteAllText(_directory["empty"], "");
        Assert.Equal(expected, Refused(new() { Source = _directory[name], Store = Store }));
        Assert.False(Directory.Exists(Store));
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        Assert.Equal(ErrorId.InvalidArgument, Refused(new() { Source = _database, Store = Store, Name = "../up" }));
        Assert.Equal(ErrorId.InvalidArgument, Refused(new() { Source = _database, Store = Store, Keep = -1 }));
        Assert.Equal(ErrorId.InvalidArgument, Refused(new() { Source = _database, Store = Store, Capture = CaptureMethod.Raw }));
        Assert.Equal(ErrorId.InvalidArgument, Refused(new() { Source = _directory.Path, Store = _directory.Path }));
        Assert.Equal(ErrorId.InvalidArgument, Refused(new() { Source = _directory.Path, Store = Store, Sections = ["../up"] }));
    }

    [SkippableFact]
    public void A_source_named_through_a_link_is_the_file_that_it_leads_to()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        File.CreateSymbolicLink(_directory["link.db"], _database);
        StoredSnapshot snapshot = Take(new() { Source = _directory["link.db"], Store = Store }).Snapshot;
        Assert.Equal("2", TestDatabase.Scalar(snapshot.SnapshotPath, "SELECT count(*) FROM a"));
        Assert.Equal(_directory["link.db"], snapshot.Manifest.Source);
    }

    [SkippableFact]
    public void Metadata_that_a_database_snapshot_drops_is_told()
    {
        Skip.IfNot(Tool.Exists("setfattr"), "Needs setfattr.");
        Tool.Run("setfattr", ["-n", "user.owner", "-v", "me", _database]);
        Take(new() { Source = _database, Store = Store });
        Assert.Contains(_observer.Warnings, static warning => warning.Contains("user.owner", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_runs_at_once_on_one_store_both_succeed()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            SnapshotTaker.Take(
                new NewSnapshotRequest { Source = i % 2 == 0 ? _database : _directory.Path, Store = Store, Host = $"host{i % 3}" },
                new RecordingObserver(),
                default));
        IReadOnlyList<StoredSnapshot> all = SnapshotLister.List(new ListRequest { Path = Store }, _observer, default);
        Assert.Equal(8, all.Count);
        Assert.All(all, static snapshot => Assert.Equal(SnapshotState.Complete, snapshot.State));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Store), static path => path.Contains(".partial-", StringComparison.Ordinal));
    }

    private string Store => _directory["backups"];

    private ErrorId Refused(NewSnapshotRequest request) => Assert.Throws<BackupException>(() => Take(request)).Id;

    private NewSnapshotResult Take(NewSnapshotRequest request) => SnapshotTaker.Take(request, _observer, default);
}
