using System.Text.Json;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Stores.Repositories;

public sealed class RepositoryStoreTests : IDisposable
{
    private readonly RepositoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_directory_comes_back_as_it_was_with_a_database_in_it()
    {
        string source = MakeState();
        StoredSnapshot snapshot = _scene.Take(source);
        Assert.Equal(SnapshotState.Complete, snapshot.State);
        StoredSnapshot listed = Assert.Single(_scene.List());
        Assert.Equivalent(snapshot, listed, strict: true);
        Assert.Equal("app.db", Assert.Single(listed.Manifest.Databases!).Path);
        Core.Restore.RestoreResult result = _scene.Restore(_scene.Store, _scene["restored"]);
        Assert.True(result.Verified);
        AssertSame(source, _scene["restored"]);
    }

    [Fact]
    public void A_database_comes_back_by_the_beginning_of_its_snapshots_id()
    {
        string database = _scene.MakeDatabase("app.db", 2000, wal: true);
        StoredSnapshot snapshot = _scene.Take(database);
        Assert.Equal("sqlite", snapshot.Manifest.Kind);
        Assert.True(File.Exists(snapshot.SnapshotPath));
        Core.Restore.RestoreResult result = _scene.Restore(snapshot.SnapshotPath[..^50], _scene["restored.db"]);
        Assert.True(result.Verified);
        Assert.Equal(RestoreScene.Count(database), RestoreScene.Count(_scene["restored.db"]));
    }

    [SkippableFact]
    public void What_is_written_restic_checks_and_restores_to_the_same()
    {
        InstalledRestic.SkipWhereMissing();
        string source = MakeState();
        _scene.Take(source);
        _scene.Restic.CheckIsClean();
        _scene.Restic.Run("restore", "latest", "--target", _scene["by-restic"]);
        AssertSame(source, _scene["by-restic"] + source);
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(_scene["by-restic", ".backuptools", "manifest.json"]));
        Assert.False(manifest.RootElement.TryGetProperty("listing", out _));
        Assert.Equal("app.db", manifest.RootElement.GetProperty("databases")[0].GetProperty("path").GetString());
    }

    [Fact]
    public void Single_files_are_restored_and_what_was_at_a_time()
    {
        string source = MakeState();
        StoredSnapshot first = _scene.Take(source);
        File.WriteAllText(Path.Join(source, "b", "c.txt"), "changed");
        _scene.Take(source);
        _scene.Restore(_scene.Store, _scene["one"], request => request with { Include = ["c.txt"] });
        Assert.Equal("changed", File.ReadAllText(_scene["one", "b", "c.txt"]));
        Assert.False(Path.Exists(_scene["one", "a.txt"]));
        _scene.Restore(_scene.Store, _scene["then"], request => request with { AsOf = first.Manifest.CreatedAt });
        Assert.Equal("two", File.ReadAllText(_scene["then", "b", "c.txt"]));
    }

    [Fact]
    public void A_snapshot_is_found_by_as_much_of_its_id_as_tells_it_from_others()
    {
        string source = MakeState();
        StoredSnapshot[] taken = [.. Enumerable.Range(0, 17).Select(_ => _scene.Take(source, request => request with { Check = CheckLevel.None }))];

        // Of seventeen, two begin with the same digit.
        char twice = taken.GroupBy(static snapshot => snapshot.Manifest.Snapshot[0]).First(static group => group.Count() > 1).Key;
        string snapshots = Path.Join(_scene.Store, "snapshots");
        Assert.Equal(ErrorId.SnapshotAmbiguous, Assert.Throws<BackupException>(() => _scene.List(Path.Join(snapshots, twice.ToString()))).Id);
        Assert.Equal(ErrorId.SnapshotNotFound, Assert.Throws<BackupException>(() => _scene.List(Path.Join(snapshots, "xyz"))).Id);
        Assert.Equal(17, _scene.List(snapshots).Count);
        Assert.Equal(
            taken[5].Manifest.Id,
            Assert.Single(_scene.List(Path.Join(snapshots, taken[5].Manifest.Snapshot[..16].ToUpperInvariant()))).Manifest.Id);
    }

    [Fact]
    public void Another_password_opens_nothing_and_a_repository_without_its_config_is_not_taken_for_a_folder()
    {
        string source = MakeState();
        using RepositoryCredential wrong = new() { Password = RepositoryScene.Secret("wrong") };
        Assert.Equal(
            ErrorId.WrongPassword,
            Assert.Throws<BackupException>(() => _scene.TakeWhole(source, request => request with { Credential = wrong })).Id);
        File.Delete(Path.Join(_scene.Store, "config"));
        string[] before = _scene.Files(".");
        Assert.Equal(ErrorId.StoreNotFound, Assert.Throws<BackupException>(() => _scene.Take(source)).Id);
        Assert.Equal(before, _scene.Files("."));
    }

    [Fact]
    public void A_run_that_is_cancelled_makes_no_snapshot_and_the_next_one_does()
    {
        string source = MakeState();
        using CancellationTokenSource stop = new();
        RecordingObserver observer = new() { Progressed = _ => stop.Cancel() };
        NewSnapshotRequest request = new() { Source = source, Store = _scene.Store, Credential = _scene.Credential };
        Assert.ThrowsAny<OperationCanceledException>(() => SnapshotTaker.Take(request, observer, stop.Token));
        Assert.Empty(_scene.List());
        Assert.Empty(_scene.Files("locks"));
        StoredSnapshot snapshot = _scene.Take(source);
        Assert.All(_scene.Verify(snapshot.SnapshotPath), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
    }

    [Theory]
    [InlineData(VerifyLevel.Manifest)]
    [InlineData(VerifyLevel.Hash)]
    [InlineData(VerifyLevel.Rehearse)]
    public void Sound_snapshots_pass_each_level(VerifyLevel level)
    {
        _scene.Take(MakeState());
        _scene.Take(_scene.MakeDatabase("other.db", 300));
        List<VerifyResult> results = _scene.Verify(_scene.Store, level);
        Assert.Equal(2, results.Count);
        Assert.All(results, static result => Assert.Equal((VerifyOutcome.Ok, 0), (result.Result, result.Problems.Count)));
    }

    // SQLite counts a copy of a database as a change, in its first page.
    private static void AssertSame(string source, string restored)
    {
        Assert.Equal(WithoutHashOfDatabase(source), WithoutHashOfDatabase(restored));
        Assert.Equal(RestoreScene.Count(Path.Join(source, "app.db")), RestoreScene.Count(Path.Join(restored, "app.db")));
    }

    private static IEnumerable<string> WithoutHashOfDatabase(string directory) =>
        RestoreScene.Describe(directory).Split('\n').Where(static line => !line.EndsWith("./app.db", StringComparison.Ordinal));

    private string MakeState()
    {
        string source = _scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "two"), ("b/d/e.bin", new string('x', 3_000_000)), ("empty", ""));
        File.CreateSymbolicLink(Path.Join(source, "link"), "b/c.txt");
        RestoreScene.Shell("ln", Path.Join(source, "a.txt"), Path.Join(source, "b", "hard"));
        RestoreScene.Shell("chmod", "2750", Path.Join(source, "b"));
        _scene.MakeDatabase("state/app.db", 500);
        return source;
    }
}
