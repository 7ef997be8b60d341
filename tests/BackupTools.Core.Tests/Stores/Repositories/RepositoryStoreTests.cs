using System.Text.Json;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Restore;

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
        Skip.IfNot(ResticProgram.IsInstalled, ResticProgram.Reason);
        string source = MakeState();
        _scene.Take(source);
        _scene.Restic.CheckIsClean();
        _scene.Restic.Run("restore", "latest", "--target", _scene["by-restic"]);
        AssertSame(source, _scene["by-restic"] + source);
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(_scene["by-restic", ".backuptools", "manifest.json"]));
        Assert.False(manifest.RootElement.TryGetProperty("listing", out _));
        Assert.Equal("app.db", manifest.RootElement.GetProperty("databases")[0].GetProperty("path").GetString());
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
