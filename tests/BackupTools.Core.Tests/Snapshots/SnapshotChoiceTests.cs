using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Stores;

namespace BackupTools.Core.Tests.Snapshots;

/// <summary>What a path stands for, which snapshot of a store is restored, and which are listed.</summary>
public sealed class SnapshotChoiceTests : IDisposable
{
    private readonly TestStore _store = new();
    private readonly WarningLog _log = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_payload_its_manifest_and_its_listing_name_the_snapshot()
    {
        StoredSnapshot database = _store.AddDatabase();
        StoredSnapshot directory = _store.AddDirectory();

        foreach (StoredSnapshot snapshot in (StoredSnapshot[])[database, directory])
        {
            AssertNames(snapshot, snapshot.SnapshotPath);
            AssertNames(snapshot, snapshot.ManifestPath);
        }

        AssertNames(directory, directory.SnapshotPath + "/");
        AssertNames(directory, directory.SnapshotPath + ".files.jsonl");
        AssertNames(database, Path.GetRelativePath(Directory.GetCurrentDirectory(), database.SnapshotPath));
        using LocatedSnapshots store = SnapshotLocator.Open(_store.Path);
        Assert.Null(store.Named);
        Assert.Equal(_store.Path, store.Store.Path);
    }

    [SkippableFact]
    public void A_persons_link_to_a_payload_or_a_store_is_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        using TemporaryDirectory elsewhere = new();
        StoredSnapshot database = _store.AddDatabase();
        File.CreateSymbolicLink(elsewhere["latest"], database.SnapshotPath);
        File.CreateSymbolicLink(elsewhere["store"], _store.Path);

        AssertNames(database, elsewhere["latest"]);
        using LocatedSnapshots store = SnapshotLocator.Open(elsewhere["store"]);
        Assert.Null(store.Named);
        Assert.Single(store.Store.List());
    }

    [Fact]
    public void A_payload_that_lost_its_manifest_is_found_as_damaged()
    {
        File.WriteAllBytes(_store["copy"], [.. "SQLite format 3\0"u8, 1, 2]);
        Directory.CreateDirectory(_store["tree/sub"]);

        using LocatedSnapshots database = SnapshotLocator.Open(_store["copy"]);
        Assert.Equal(SnapshotState.Damaged, database.Named!.State);
        Assert.Equal(SnapshotKind.Sqlite, database.Named.Manifest.Kind);
        Assert.Equal(_store["copy"], database.Named.SnapshotPath);
        Assert.Empty(database.Named.ManifestPath);
        using LocatedSnapshots tree = SnapshotLocator.Open(_store["tree"]);
        Assert.Equal(SnapshotKind.Directory, tree.Named!.Manifest.Kind);
        using Core.Stores.ISnapshotReader reader = tree.Store.Open(tree.Named);
        Assert.Equal([".", "sub"], reader.ReadEntries().Select(entry => entry.Path.Text));
    }

    [Fact]
    public void A_payload_that_is_lost_is_found_by_its_name()
    {
        StoredSnapshot database = _store.AddDatabase();
        File.Delete(database.SnapshotPath);

        using LocatedSnapshots located = SnapshotLocator.Open(database.SnapshotPath);

        Assert.Equal(SnapshotState.Damaged, located.Named!.State);
        Assert.Equal(database.Manifest.Id, located.Named.Manifest.Id);
    }

    [Fact]
    public void An_Oxios_backup_is_named_by_its_directory_and_its_manifest()
    {
        Directory.CreateDirectory(_store["backup/seeds"]);
        string manifest = Path.Join(_store["backup"], "manifest.json");
        File.WriteAllText(
            manifest,
            """{"version":1,"created_at":"2025-01-01T00:00:00Z","oxios_version":"1","sections":[{"name":"seeds","entry_count":0}]}""");

        foreach (string path in (string[])[_store["backup"], manifest])
        {
            using LocatedSnapshots located = SnapshotLocator.Open(path);
            Assert.Equal(ManifestOrigin.Oxios, located.Named!.Manifest.Origin);
            Assert.Equal(_store["backup"], located.Named.SnapshotPath);
        }

        using LocatedSnapshots store = SnapshotLocator.Open(_store.Path);
        Assert.Null(store.Named);
    }

    [Theory]
    [InlineData("missing", ErrorId.StoreNotFound)]
    [InlineData("missing.db", ErrorId.SnapshotNotFound)]
    [InlineData("missing/missing.manifest.json", ErrorId.SnapshotNotFound)]
    [InlineData("text", ErrorId.SnapshotNotFound)]
    public void What_is_not_there_is_an_error(string name, ErrorId expected)
    {
        File.WriteAllText(_store["text"], "no database");

        Assert.Equal(expected, Assert.Throws<BackupException>(() => SnapshotLocator.Open(_store[name])).Id);
    }

    [Fact]
    public void The_newest_complete_one_is_restored_and_what_is_passed_over_is_told()
    {
        DateTime now = DateTime.UtcNow;
        _store.AddDatabase(createdAt: now.AddHours(-3));
        StoredSnapshot expected = _store.AddDatabase(createdAt: now.AddHours(-2));
        _store.AddDatabase(createdAt: now.AddHours(-1), change: manifest => manifest with { Incomplete = true });
        StoredSnapshot damaged = _store.AddDatabase(createdAt: now.AddMinutes(-30));
        File.Delete(damaged.SnapshotPath);
        _store.AddDatabase(createdAt: now.AddHours(1));

        Assert.Equal(expected.Manifest.Id, Choose(new SnapshotFilter()).Manifest.Id);
        Assert.Equal(3, _log.Warnings.Count);
        Assert.Contains(_log.Warnings, text => text.Contains("future", StringComparison.Ordinal));
        Assert.Contains(_log.Warnings, text => text.Contains("incomplete", StringComparison.Ordinal));
        Assert.Contains(_log.Warnings, text => text.Contains("damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void A_time_chooses_the_newest_at_or_before_it()
    {
        StoredSnapshot first = _store.AddDatabase(createdAt: TestStore.Start.AddYears(-2));
        StoredSnapshot second = _store.AddDatabase(createdAt: TestStore.Start.AddYears(-1));

        Assert.Equal(second.Manifest.Id, Choose(new SnapshotFilter(), second.Manifest.CreatedAt).Manifest.Id);
        Assert.Equal(first.Manifest.Id, Choose(new SnapshotFilter(), second.Manifest.CreatedAt.AddMilliseconds(-1)).Manifest.Id);
        Assert.Equal(
            ErrorId.SnapshotNotFound,
            Assert.Throws<BackupException>(() => Choose(new SnapshotFilter(), first.Manifest.CreatedAt.AddDays(-1))).Id);
        Assert.Empty(_log.Warnings);
    }

    [Fact]
    public void Where_none_can_be_chosen_what_is_wrong_with_the_newest_damaged_one_is_told()
    {
        _store.AddDatabase(createdAt: TestStore.Start.AddYears(-2), change: manifest => manifest with { Incomplete = true });
        StoredSnapshot damaged = _store.AddDatabase(createdAt: TestStore.Start.AddYears(-1));
        File.WriteAllText(damaged.ManifestPath, "{");
        string problem = _store.Store.List().Single(static snapshot => snapshot.State == SnapshotState.Damaged).Damage!;

        BackupException error = Assert.Throws<BackupException>(() => Choose(new SnapshotFilter()));

        Assert.Equal(ErrorId.SnapshotNotFound, error.Id);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(damaged.SnapshotPath), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_series_must_be_told_apart()
    {
        DateTime time = DateTime.UtcNow.AddDays(-1);
        StoredSnapshot one = _store.AddDatabase(createdAt: time, change: manifest => manifest with { Host = "one" });
        _store.AddDatabase(createdAt: time, change: manifest => manifest with { Host = "two" });
        StoredSnapshot other = _store.AddDatabase(name: "other", createdAt: time, change: manifest => manifest with { Source = "/data/other.db" });

        BackupException error = Assert.Throws<BackupException>(() => Choose(new SnapshotFilter()));
        Assert.Equal(ErrorId.SnapshotAmbiguous, error.Id);
        Assert.All((string[])["'one'", "'two'", "/data/other.db"], text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
        Assert.Equal(
            ErrorId.SnapshotAmbiguous, Assert.Throws<BackupException>(() => Choose(new SnapshotFilter { Name = "app" })).Id);
        Assert.Equal(one.Manifest.Id, Choose(new SnapshotFilter { Host = "one" }).Manifest.Id);
        Assert.Equal(other.Manifest.Id, Choose(new SnapshotFilter { Source = "/data/x/../other.db" }).Manifest.Id);
        Assert.Equal(
            ErrorId.SnapshotNotFound, Assert.Throws<BackupException>(() => Choose(new SnapshotFilter { Name = "none" })).Id);
    }

    [Fact]
    public void A_named_one_is_taken_though_incomplete_but_not_against_the_conditions()
    {
        StoredSnapshot snapshot = _store.AddDatabase(change: manifest => manifest with { Incomplete = true });
        using LocatedSnapshots located = SnapshotLocator.Open(snapshot.SnapshotPath);

        Assert.Equal(
            snapshot.Manifest.Id,
            SnapshotSelection.ForRestore(located, new SnapshotFilter(), null, new ProgressTracker(_log)).Manifest.Id);
        Assert.Equal(
            ErrorId.SnapshotNotFound,
            Assert.Throws<BackupException>(() =>
                SnapshotSelection.ForRestore(located, new SnapshotFilter { Name = "x" }, null, new ProgressTracker(_log))).Id);
        Assert.Equal(ErrorId.SnapshotNotFound, Assert.Throws<BackupException>(() => Choose(new SnapshotFilter())).Id);
    }

    [Fact]
    public void Lists_are_filtered_and_cut_series_by_series()
    {
        for (int day = 0; day < 4; day++)
        {
            DateTime time = TestStore.Start.AddDays(day);
            _store.AddDatabase(createdAt: time, change: manifest => manifest with { Tags = day % 2 == 0 ? ["even", "x"] : ["x"] });
            _store.AddDirectory(createdAt: time.AddSeconds(1));
        }

        Assert.Equal(8, List(new SnapshotFilter()).Count);
        Assert.Equal(4, List(new SnapshotFilter { Name = "app" }).Count);
        Assert.Equal(4, List(new SnapshotFilter { Source = "/data/state/" }).Count);
        Assert.Equal(2, List(new SnapshotFilter { Tags = ["x", "even"] }).Count);
        Assert.Equal(3, List(new SnapshotFilter { Since = TestStore.Start, Before = TestStore.Start.AddDays(1).AddSeconds(1) }).Count);
        IReadOnlyList<StoredSnapshot> latest = List(new SnapshotFilter(), 1);
        Assert.Equal(["app", "state"], latest.Select(snapshot => snapshot.Manifest.Name));
        Assert.All(latest, snapshot => Assert.True(snapshot.Manifest.CreatedAt >= TestStore.Start.AddDays(3)));
        Assert.Single(SnapshotLister.List(new ListRequest { Path = latest[0].SnapshotPath }, _log, default));
        Assert.Equal(ErrorId.InvalidArgument, Assert.Throws<BackupException>(() => List(new SnapshotFilter(), 0)).Id);
        Assert.Equal(
            ErrorId.StoreNotFound,
            Assert.Throws<BackupException>(() => SnapshotLister.List(new ListRequest { Path = _store["no"] }, _log, default)).Id);
        Assert.Empty(SnapshotLister.List(new ListRequest { Path = Path.Join(latest[1].SnapshotPath, "a") }, _log, default));
    }

    private IReadOnlyList<StoredSnapshot> List(SnapshotFilter filter, int? latest = null) =>
        SnapshotLister.List(new ListRequest { Path = _store.Path, Filter = filter, Latest = latest }, _log, default);

    private StoredSnapshot Choose(SnapshotFilter filter, DateTime? asOf = null)
    {
        using LocatedSnapshots located = SnapshotLocator.Open(_store.Path);
        return SnapshotSelection.ForRestore(located, filter, asOf, new ProgressTracker(_log));
    }

    private static void AssertNames(StoredSnapshot snapshot, string path)
    {
        using LocatedSnapshots located = SnapshotLocator.Open(path);
        Assert.Equal(snapshot.Manifest.Id, located.Named?.Manifest.Id);
    }
}
