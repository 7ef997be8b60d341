using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>A repository in a local directory, while programs serve it to others or take it elsewhere.</summary>
public sealed class ServedRepositoryTests : IDisposable
{
    private readonly RepositoryScene _scene = new();
    private readonly string _source;

    public ServedRepositoryTests()
    {
        _source = _scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "two"), ("big.bin", new string('y', 2_500_000)), ("empty", ""));
        _scene.MakeDatabase("state/app.db", 500);
    }

    public void Dispose() => _scene.Dispose();

    [SkippableTheory]
    [InlineData(RepositoryServer.RestServer)]
    [InlineData(RepositoryServer.Rclone)]
    public void What_is_served_restic_reads_and_adds_to_and_what_it_added_is_used_here(string server)
    {
        InstalledRestic.SkipWhereMissing();
        Skip.IfNot(OperatingSystem.IsLinux(), "what belongs to files is compared as on Linux");
        StoredSnapshot made = _scene.Take(_source);
        string before = WithoutDatabase(_source);
        using RepositoryServer served = RepositoryServer.Start(server, _scene.Store);
        ResticProgram restic = new(served.Address!, _scene["restic-cache"]);
        restic.CheckIsClean();
        restic.Run("restore", "latest", "--target", _scene["by-restic"]);
        Assert.Equal(before, WithoutDatabase(_scene["by-restic"] + _source));
        Assert.Equal("500", RestoreScene.Count(_scene["by-restic"] + _source + "/app.db"));

        File.WriteAllText(Path.Join(_source, "a.txt"), "by restic");
        restic.Run("backup", "--host", "elsewhere", _source);
        StoredSnapshot added = _scene.List().Single(snapshot => snapshot.SnapshotPath != made.SnapshotPath);
        Assert.Equal((ManifestOrigin.Restic, "elsewhere"), (added.Manifest.Origin, added.Manifest.Host));
        Assert.All(_scene.Verify(_scene.Store), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        _scene.Restore(added.SnapshotPath, _scene["restored"]);
        Assert.Equal(RestoreScene.Describe(_source), RestoreScene.Describe(_scene["restored"]));

        // Packs that the server may know are put together anew.
        File.WriteAllText(Path.Join(_source, "a.txt"), "by us");
        StoredSnapshot last = _scene.Take(_source);
        Assert.Equal(2, _scene.Prune(new() { Last = 1 }).Count(static decision => decision.Action == RetentionAction.Keep));
        Assert.Equal(
            [added.SnapshotPath, last.SnapshotPath],
            _scene.List().Select(static snapshot => snapshot.SnapshotPath));
        Assert.All(_scene.Verify(_scene.Store, VerifyLevel.Rehearse), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        restic.CheckIsClean();
        restic.Run("restore", "latest", "--host", "elsewhere", "--target", _scene["again"]);
        Assert.Equal("by restic", File.ReadAllText(_scene["again"] + _source + "/a.txt"));
    }

    [SkippableFact]
    public void A_copy_that_rclone_makes_is_the_repository()
    {
        Skip.IfNot(Tool.Exists(RepositoryServer.Rclone), "rclone is not installed");
        StoredSnapshot made = _scene.Take(_source);
        string copy = _scene["copy"];
        Tool.Run(RepositoryServer.Rclone, ["copy", _scene.Store, copy]);
        Tool.Run(RepositoryServer.Rclone, ["check", _scene.Store, copy]);
        StoredSnapshot copied = Assert.Single(_scene.List(copy));
        Assert.Equal((made.Manifest.Id, made.Manifest.Sha256), (copied.Manifest.Id, copied.Manifest.Sha256));
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(copy, VerifyLevel.Rehearse)).Result);
        Assert.True(_scene.Restore(copy, _scene["restored"]).Verified);
        Assert.Equal("two", File.ReadAllText(_scene["restored", "b", "c.txt"]));
        SnapshotTaker.Take(
            new NewSnapshotRequest { Source = _source, Store = copy, Credential = _scene.Credential }, _scene.Observer, default);
        Assert.Single(_scene.Prune(new() { Last = 1 }, copy), static decision => decision.Action == RetentionAction.Keep);
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(copy)).Result);
    }

    // A database is the same by what is in it.
    private static string WithoutDatabase(string directory) => string.Join(
        '\n', RestoreScene.Describe(directory).Split('\n').Where(static line => !line.EndsWith("./app.db", StringComparison.Ordinal)));
}
