using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Restore;

public sealed class DatabaseRestoreTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_database_comes_back_with_its_rows_mode_and_time_where_nothing_stands()
    {
        string source = _scene.MakeDatabase("app.db", 1000);
        RestoreScene.Shell("chmod", "0640", source);
        RestoreScene.Shell("touch", "-d", "2020-02-03T04:05:06.123456789Z", source);
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene["new", "deeper", "app.db"];

        RestoreResult result = _scene.Restore(snapshot, target);

        Assert.Equal("1000", RestoreScene.Count(target));
        Assert.Equal(File.ReadAllBytes(snapshot.SnapshotPath), File.ReadAllBytes(target));
        Assert.Equal(new RestoreResult(snapshot.SnapshotPath, target, null, new FileInfo(target).Length, 1000, true), result);
        Assert.Equal("640 1580702706.123456789", RestoreScene.Shell("stat", "-c", "%a %.9Y", target).Trim());
        Assert.Equal(["app.db"], RestoreScene.Names(_scene["new", "deeper"]));
    }

    [Fact]
    public void What_stood_there_is_kept_and_nothing_else_is_left_behind()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot snapshot = _scene.Take(source);
        TestDatabase.Execute(source, "DELETE FROM t WHERE x > 3");

        RestoreResult result = _scene.Restore(snapshot, source);

        Assert.Equal("10", RestoreScene.Count(source));
        Assert.Equal("3", RestoreScene.Count(result.Previous!));
        Assert.Matches(@"app\.pre-restore-\d{4}-\d\d-\d\dT\d{6}Z\.db$", result.Previous);
        Assert.Equal(["app.db", Path.GetFileName(result.Previous)!, "backups"], RestoreScene.Names(_scene[""]));
    }

    [Fact]
    public void A_stale_log_never_meets_the_new_database_and_the_safety_copy_opens_with_it()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeDatabase("other.db", 7, wal: true));
        string target = _scene.MakeCrashed("app.db", 100, 50);
        Assert.True(new FileInfo(target + "-wal").Length > 0);

        RestoreResult result = _scene.Restore(snapshot, target);

        Assert.Empty(Directory.GetFiles(_scene[""], "app.db-*"));
        Assert.Equal("7", RestoreScene.CountLive(target));
        Assert.Equal("100", RestoreScene.Count(result.Previous!));
        Assert.Equal("150", RestoreScene.CountLive(result.Previous!));
    }

    [Fact]
    public void A_stale_log_without_a_database_is_moved_away_too()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeDatabase("other.db", 7, wal: true));
        string target = _scene.MakeCrashed("app.db", 100, 50);
        File.Delete(target);
        byte[] log = File.ReadAllBytes(target + "-wal");
        Assert.Contains(_scene.Plan(snapshot.SnapshotPath, target).Steps, step => step.Contains($"'{target}-wal'", StringComparison.Ordinal));

        RestoreResult result = _scene.Restore(snapshot, target);

        Assert.Null(result.Previous);
        Assert.Equal("7", RestoreScene.CountLive(target));
        string kept = Assert.Single(Directory.GetFiles(_scene[""], "app.pre-restore-*.db-wal"));
        Assert.Equal(log, File.ReadAllBytes(kept));
        Assert.Contains(_scene.Observer.Warnings, warning => warning.Contains(kept, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_restore_has_a_safety_copy_of_its_own()
    {
        string source = _scene.MakeDatabase("app.db", 1);
        StoredSnapshot snapshot = _scene.Take(source);
        List<string> copies = [];
        for (int i = 2; i < 6; i++)
        {
            TestDatabase.Execute(source, $"INSERT INTO t VALUES({i * 10}, 'change')");
            copies.Add(_scene.Restore(snapshot, source).Previous!);
        }

        Assert.Equal(4, copies.Distinct().Count());
        Assert.Equal(["20", "30", "40", "50"], copies.Select(copy => TestDatabase.Scalar(copy, "SELECT max(x) FROM t")));
    }

    [Fact]
    public void A_payload_that_does_not_fit_its_hash_leaves_the_target_untouched()
    {
        string source = _scene.MakeDatabase("app.db", 500);
        StoredSnapshot snapshot = _scene.Take(source);
        FlipByte(snapshot.SnapshotPath, 5000);
        TestDatabase.Execute(source, "DELETE FROM t");
        byte[] before = File.ReadAllBytes(source);

        Assert.Equal(ErrorId.VerificationFailed, _scene.RestoreFails(snapshot.SnapshotPath, source));

        Assert.Equal(before, File.ReadAllBytes(source));
        Assert.Equal(["app.db", "backups"], RestoreScene.Names(_scene[""]));
    }

    [Fact]
    public void Verification_can_be_skipped_and_the_result_says_so()
    {
        string source = _scene.MakeDatabase("app.db", 500);
        StoredSnapshot snapshot = _scene.Take(source);
        FlipByte(snapshot.SnapshotPath, 100);

        RestoreResult result = _scene.Restore(snapshot, _scene["copy.db"], request => request with { SkipVerify = true });

        Assert.False(result.Verified);
        Assert.Equal(File.ReadAllBytes(snapshot.SnapshotPath), File.ReadAllBytes(_scene["copy.db"]));
        Assert.Contains(_scene.Observer.Warnings, warning => warning.Contains("not what its manifest says", StringComparison.Ordinal));
    }

    [Fact]
    public void A_payload_without_a_manifest_is_restored_only_without_verification()
    {
        string bare = _scene.MakeDatabase("bare.db", 5);
        string target = _scene["app.db"];
        Assert.Equal(ErrorId.SnapshotDamaged, _scene.RestoreFails(bare, target));
        RestoreResult result = _scene.Restore(bare, target, request => request with { SkipVerify = true });
        Assert.False(result.Verified);
        Assert.Equal("5", RestoreScene.Count(target));
    }

    [Fact]
    public void A_store_means_its_newest_complete_snapshot_or_the_newest_of_a_time()
    {
        string source = _scene.MakeDatabase("app.db", 1);
        StoredSnapshot first = _scene.Take(source);
        TestDatabase.Execute(source, "INSERT INTO t VALUES(2, 'second')");
        StoredSnapshot second = _scene.Take(source);
        Assert.True(second.Manifest.CreatedAt > first.Manifest.CreatedAt);

        _scene.Restore(_scene.Store, _scene["newest.db"]);
        _scene.Restore(_scene.Store, _scene["older.db"], request => request with { AsOf = first.Manifest.CreatedAt });

        Assert.Equal("2", RestoreScene.Count(_scene["newest.db"]));
        Assert.Equal("1", RestoreScene.Count(_scene["older.db"]));
    }

    [Fact]
    public void A_plan_changes_nothing_and_names_what_will_happen()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot snapshot = _scene.Take(source);
        string before = RestoreScene.Describe(_scene[""]);

        RestorePlan plan = _scene.Plan(snapshot.SnapshotPath, source);

        Assert.Equal(before, RestoreScene.Describe(_scene[""]));
        Assert.True(plan.WillVerify);
        Assert.NotNull(plan.Previous);
        Assert.Contains(plan.Steps, step => step.Contains(snapshot.SnapshotPath, StringComparison.Ordinal));
        Assert.Contains(plan.Steps, step => step.Contains(plan.Previous, StringComparison.Ordinal));
    }

    [Fact]
    public void A_plan_that_no_longer_holds_is_not_run()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeDatabase("app.db", 10));
        RestorePlan plan = _scene.Plan(snapshot.SnapshotPath, _scene["copy.db"]);
        _scene.MakeDatabase("copy.db", 3);

        BackupException error = Assert.Throws<BackupException>(
            () => SnapshotRestorer.Run(plan, _scene.Observer, CancellationToken.None));

        Assert.Equal(ErrorId.TargetExists, error.Id);
        Assert.Equal("3", RestoreScene.Count(_scene["copy.db"]));
    }

    [Fact]
    public void A_database_does_not_take_the_place_of_a_directory()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeDatabase("app.db", 10));
        string directory = _scene.MakeTree("state", ("file", "content"));
        Assert.Equal(ErrorId.TargetKindMismatch, _scene.RestoreFails(snapshot.SnapshotPath, directory));
        Assert.Equal("content", File.ReadAllText(Path.Join(directory, "file")));
    }

    [Fact]
    public void A_snapshot_is_never_restored_over_itself_or_another_one()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot first = _scene.Take(source);
        StoredSnapshot second = _scene.Take(source);
        Assert.Equal(ErrorId.InvalidArgument, _scene.RestoreFails(first.SnapshotPath, first.SnapshotPath));
        Assert.Equal(ErrorId.InvalidArgument, _scene.RestoreFails(first.SnapshotPath, second.SnapshotPath));
        Assert.Equal(ErrorId.InvalidArgument, _scene.RestoreFails(first.SnapshotPath, second.ManifestPath));
    }

    [Fact]
    public void Another_manifest_than_the_expected_one_is_not_restored()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeDatabase("app.db", 10));
        Assert.Equal(
            ErrorId.SnapshotDamaged,
            _scene.RestoreFails(snapshot.SnapshotPath, _scene["copy.db"], request => request with { ExpectedId = "another" }));
        Assert.False(File.Exists(_scene["copy.db"]));
    }

    [Fact]
    public void What_cannot_fit_is_refused_before_anything_is_touched()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot snapshot = _scene.Take(source);
        using (FileStream payload = File.OpenWrite(snapshot.SnapshotPath))
        {
            // Takes no room where it lies.
            payload.SetLength(1L << 43);
        }

        File.WriteAllText(
            snapshot.ManifestPath,
            File.ReadAllText(snapshot.ManifestPath).Replace($"\"bytes\": {snapshot.Manifest.Bytes}", $"\"bytes\": {1L << 43}", StringComparison.Ordinal));
        Assert.Equal(ErrorId.NotEnoughSpace, _scene.RestoreFails(snapshot.SnapshotPath, source));
        Assert.Equal("10", RestoreScene.Count(source));
    }

    [Fact]
    public void A_cancelled_restore_leaves_no_trace()
    {
        string source = _scene["app.db"];
        TestDatabase.Execute(source, "CREATE TABLE t(x)", "INSERT INTO t VALUES(zeroblob(30000000))");
        StoredSnapshot snapshot = _scene.Take(source);
        using CancellationTokenSource stop = new();
        RecordingObserver observer = new() { Progressed = _ => stop.Cancel() };
        RestorePlan plan = _scene.Plan(snapshot.SnapshotPath, source);

        Assert.ThrowsAny<OperationCanceledException>(() => SnapshotRestorer.Run(plan, observer, stop.Token));

        Assert.Equal(["app.db", "backups"], RestoreScene.Names(_scene[""]));
    }

    [Fact]
    public void A_link_at_the_target_stays_a_link_and_what_it_leads_to_is_replaced()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot snapshot = _scene.Take(source);
        string real = _scene.MakeTree("elsewhere");
        TestDatabase.Execute(Path.Join(real, "real.db"), "CREATE TABLE t(x)");
        File.CreateSymbolicLink(_scene["link.db"], Path.Join(real, "real.db"));

        RestoreResult result = _scene.Restore(snapshot, _scene["link.db"]);

        Assert.Equal(Path.Join(real, "real.db"), result.To);
        Assert.NotNull(new FileInfo(_scene["link.db"]).LinkTarget);
        Assert.Equal("10", RestoreScene.Count(_scene["link.db"]));
        Assert.Equal("0", RestoreScene.Count(result.Previous!));
    }

    private static void FlipByte(string path, long offset)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 0x55));
    }
}
