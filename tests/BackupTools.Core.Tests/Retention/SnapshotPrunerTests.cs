using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Stores;

namespace BackupTools.Core.Tests.Retention;

public sealed class SnapshotPrunerTests : IDisposable
{
    private readonly TestStore _store = new();
    private readonly WarningLog _log = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void What_the_plan_removes_is_removed_and_a_second_run_removes_nothing()
    {
        DateTime now = DateTime.UtcNow;
        for (int day = 5; day > 0; day--)
        {
            _store.AddDatabase(createdAt: now.AddDays(-day));
            _store.AddDirectory(createdAt: now.AddDays(-day));
        }

        PrunePlan plan = SnapshotPruner.Plan(Request(2), _log, default);
        Assert.Equal(6, plan.Decisions.Count(decision => decision.Action == RetentionAction.Remove));
        Assert.Equal(10, _store.Store.List().Count);

        IReadOnlyList<RetentionDecision> done = SnapshotPruner.Run(plan, _log, default);

        Assert.Equal(plan.Decisions.Select(decision => decision.Action), done.Select(decision => decision.Action));
        Assert.Equal(
            done.Where(decision => decision.Action == RetentionAction.Keep).Select(decision => decision.Snapshot.Manifest.Id),
            _store.Store.List().Select(snapshot => snapshot.Manifest.Id));
        Assert.Equal(10, _store.Names.Length);
        Assert.All(
            SnapshotPruner.Run(SnapshotPruner.Plan(Request(2), _log, default), _log, default),
            decision => Assert.Equal(RetentionAction.Keep, decision.Action));
        SnapshotPruner.Run(plan, _log, default);
        Assert.Equal(10, _store.Names.Length);
    }

    [Fact]
    public void What_comes_between_plan_and_run_only_makes_more_stay()
    {
        DateTime now = DateTime.UtcNow;
        StoredSnapshot oldest = _store.AddDatabase(createdAt: now.AddDays(-3));
        StoredSnapshot middle = _store.AddDatabase(createdAt: now.AddDays(-2));
        PrunePlan plan = SnapshotPruner.Plan(Request(1), _log, default);
        StoredSnapshot newest = _store.AddDatabase(createdAt: now.AddDays(-1));

        IReadOnlyList<RetentionDecision> done = SnapshotPruner.Run(plan, _log, default);

        Assert.Equal([RetentionAction.Remove, RetentionAction.Keep, RetentionAction.Keep], done.Select(decision => decision.Action));
        Assert.Equal([middle.Manifest.Id, newest.Manifest.Id], _store.Store.List().Select(snapshot => snapshot.Manifest.Id));
        Assert.False(File.Exists(oldest.SnapshotPath));
    }

    [Fact]
    public void Only_the_series_asked_for_is_touched()
    {
        DateTime now = DateTime.UtcNow;
        foreach (string host in (string[])["one", "two"])
        {
            _store.AddDatabase(createdAt: now.AddDays(-2), change: manifest => manifest with { Host = host });
            _store.AddDatabase(createdAt: now.AddDays(-1), change: manifest => manifest with { Host = host });
        }

        SnapshotPruner.Run(
            SnapshotPruner.Plan(Request(1) with { Filter = new SnapshotFilter { Host = "one" } }, _log, default), _log, default);

        Assert.Equal(["two", "one", "two"], _store.Store.List().Select(snapshot => snapshot.Manifest.Host));
    }

    [Fact]
    public void A_locked_store_a_missing_one_and_an_empty_policy_are_errors_that_change_nothing()
    {
        _store.AddDatabase(createdAt: DateTime.UtcNow.AddDays(-2));
        _store.AddDatabase(createdAt: DateTime.UtcNow.AddDays(-1));
        PrunePlan plan = SnapshotPruner.Plan(Request(1), _log, default);
        using (_store.Lock())
        {
            Assert.Equal(ErrorId.StoreLocked, Assert.Throws<BackupException>(() => SnapshotPruner.Run(plan, _log, default)).Id);
        }

        Assert.Equal(
            ErrorId.RetentionPolicyEmpty,
            Assert.Throws<BackupException>(() => SnapshotPruner.Run(plan with { Request = Request(1) with { Policy = new() } }, _log, default)).Id);
        Assert.Equal(
            ErrorId.StoreNotFound,
            Assert.Throws<BackupException>(() => SnapshotPruner.Plan(Request(1) with { Store = _store["no"] }, _log, default)).Id);
        Assert.Equal(
            ErrorId.InvalidArgument,
            Assert.Throws<BackupException>(() => SnapshotPruner.Plan(Request(1) with { Filter = new() { Tags = ["x"] } }, _log, default)).Id);
        Assert.Equal(2, _store.Store.List().Count);
    }

    [Fact]
    public void A_damaged_snapshot_stays_with_all_its_files()
    {
        DateTime now = DateTime.UtcNow;
        StoredSnapshot damaged = _store.AddDirectory(createdAt: now.AddDays(-3));
        File.AppendAllText(damaged.ManifestPath, "x");
        StoredSnapshot newest = _store.AddDirectory(createdAt: now.AddDays(-1));

        IReadOnlyList<RetentionDecision> done = SnapshotPruner.Run(SnapshotPruner.Plan(Request(1), _log, default), _log, default);

        Assert.Equal(["it cannot be read"], done[0].Reasons);
        Assert.True(File.Exists(Path.Join(damaged.SnapshotPath, "b.txt")));
        Assert.True(File.Exists(newest.ManifestPath));
    }

    private PruneRequest Request(int last) => new()
    {
        Store = _store.Path,
        Policy = new RetentionPolicy { Last = last },
        LockTimeout = TimeSpan.Zero,
    };
}
