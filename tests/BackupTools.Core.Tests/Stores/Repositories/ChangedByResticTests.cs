using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores.Repositories;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;
using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Snapshots;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>Snapshots of this program's after other programs changed, copied or rewrote them.</summary>
public sealed class ChangedByResticTests : IDisposable
{
    private readonly RepositoryScene _scene = new();
    private readonly string _source;

    public ChangedByResticTests()
    {
        _source = _scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "two"));
        _scene.MakeDatabase("state/app.db", 200);
    }

    public void Dispose() => _scene.Dispose();

    [SkippableFact]
    public void Tags_that_restic_sets_count_and_keep_what_they_are_on()
    {
        InstalledRestic.SkipWhereMissing();
        SnapshotManifest first = _scene.Take(_source).Manifest;
        _scene.Restic.Run("tag", "--add", "before-upgrade", first.Snapshot);
        StoredSnapshot tagged = Assert.Single(_scene.List());
        Assert.Equal(["before-upgrade"], tagged.Manifest.Tags);
        Assert.Equal((first.Id, first.CreatedAt, SnapshotState.Complete), (tagged.Manifest.Id, tagged.Manifest.CreatedAt, tagged.State));
        Assert.NotEqual(first.Snapshot, tagged.Manifest.Snapshot);

        Assert.Empty(_scene.TakeWhole(_source, static request => request with { Keep = 1 }).Removed);
        Assert.Single(_scene.TakeWhole(_source, static request => request with { Keep = 1 }).Removed);
        Assert.All(_scene.Verify(_scene.Store, VerifyLevel.Rehearse), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        Assert.Contains(_scene.List(), snapshot => snapshot.Manifest.Id == first.Id);
    }

    [SkippableFact]
    public void A_snapshot_tells_about_itself_in_the_repository_that_restic_copied_it_to()
    {
        InstalledRestic.SkipWhereMissing();
        SnapshotManifest made = _scene.Take(_source).Manifest;
        string other = _scene["other"];
        ResticProgram restic = new(other, _scene["restic-cache"]);
        File.WriteAllText(_scene["password"], RepositoryScene.Password);
        restic.Run("init");
        if (InstalledRestic.Format == 2)
        {
            restic.Run("copy", "--from-repo", _scene.Store, "--from-password-file", _scene["password"]);
        }
        else
        {
            _scene.Restic.Run("copy", "--repo2", other, "--password-file2", _scene["password"]);
        }

        StoredSnapshot copied = Assert.Single(_scene.List(other));
        Assert.Equal(
            (made.Id, made.Sha256, ManifestOrigin.BackupTools, 1),
            (copied.Manifest.Id, copied.Manifest.Sha256, copied.Manifest.Origin, copied.Manifest.Databases!.Count));
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(other, VerifyLevel.Rehearse)).Result);
        Assert.True(_scene.Restore(other, _scene["restored"]).Verified);
        Assert.Equal("200", RestoreScene.Count(_scene["restored", "app.db"]));
    }

    [Fact]
    public void A_tree_that_is_not_the_one_the_manifest_was_written_for_is_refused()
    {
        StoredSnapshot made = _scene.Take(_source);
        string id = LeaveOut(made, "b"u8.ToArray());
        string rewritten = RepositoryLocation.PathOf(_scene.Store, id);
        VerifyResult result = Assert.Single(_scene.Verify(rewritten));
        Assert.Equal(VerifyOutcome.Failed, result.Result);
        Assert.Equal(ErrorId.VerificationFailed, _scene.RestoreFails(rewritten, _scene["restored"]));
        Assert.False(Path.Exists(_scene["restored"]));
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(made.SnapshotPath)).Result);
    }

    [Fact]
    public void What_keep_removes_gives_no_room_back_until_the_next_pruning()
    {
        byte[] bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(Path.Join(_source, "random.bin"), bytes);
        StoredSnapshot first = _scene.Take(_source);
        File.Delete(Path.Join(_source, "random.bin"));
        string[] before = _scene.Files("data");
        Assert.Equal(first.SnapshotPath, Assert.Single(_scene.TakeWhole(_source, static request => request with { Keep = 1 }).Removed).SnapshotPath);
        Assert.Subset(_scene.Files("data").ToHashSet(), before.ToHashSet());
        _scene.Prune(new() { Last = 1 });
        Assert.InRange(_scene.Files("data").Sum(static file => new FileInfo(file).Length), 1, 100_000);
    }

    /// <summary>Saves a snapshot as another one, without something at the top of its source.</summary>
    private string LeaveOut(StoredSnapshot snapshot, byte[] name)
    {
        using Repository repository = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        using RepositoryLock held = repository.Lock(RepositoryLockMode.Shared, TimeSpan.Zero);
        repository.LoadIndex();
        SnapshotRecord record = repository.LoadSnapshot(ObjectId.Parse(snapshot.Manifest.Snapshot));
        ObjectId Copy(ObjectId tree)
        {
            bool isSource = tree.ToString() == snapshot.Manifest.Sha256;
            TreeBuilder copy = new();
            foreach (TreeNode node in repository.LoadTree(tree))
            {
                if (!isSource || !node.Name.Span.SequenceEqual(name))
                {
                    copy.Add(node.Subtree is { } subtree ? node with { Subtree = Copy(subtree) } : node);
                }
            }

            return repository.SaveTree(copy).Id;
        }

        return repository.SaveSnapshot(record with { Tree = Copy(record.Tree), Original = record.Id }).Id.ToString();
    }
}
