using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;
using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Packs;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>Each kind of file of a repository, damaged in each way: told by name, and what is left is restored.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly RepositoryScene _scene = new();
    private readonly string _source;

    public DamageTests()
    {
        byte[] bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        _source = _scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "two"));
        File.WriteAllBytes(Path.Join(_source, "random.bin"), bytes);
    }

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("missing")]
    [InlineData("truncated")]
    [InlineData("flipped")]
    public void Of_a_damaged_pack_verify_tells_the_name_the_snapshot_and_the_file(string how)
    {
        StoredSnapshot sound = _scene.Take(_scene.MakeTree("other", ("x.txt", "x")));
        HashSet<string> before = [.. _scene.Files("data")];
        StoredSnapshot snapshot = _scene.Take(_source);
        string pack = _scene.Files("data").Where(file => !before.Contains(file)).MaxBy(static file => new FileInfo(file).Length)!;

        // Whichever order the blobs came in: the bit is the large file's, and nothing is left of a pack that is cut off.
        Damage(pack, how, offset: how == "flipped" ? 100_000 : 10);
        List<VerifyResult> results = _scene.Verify(_scene.Store);
        Assert.Equal(
            [(_scene.Store, VerifyOutcome.Failed), (sound.SnapshotPath, VerifyOutcome.Ok), (snapshot.SnapshotPath, VerifyOutcome.Failed)],
            results.Select(static result => (result.Snapshot, result.Result)));
        Assert.Contains(results[0].Problems, problem => problem.Contains(Path.GetFileName(pack), StringComparison.Ordinal));
        Assert.Contains(results[2].Problems, static problem => problem.Contains("random.bin", StringComparison.Ordinal));

        VerifyResult alone = Assert.Single(_scene.Verify(snapshot.SnapshotPath));
        Assert.Contains(alone.Problems, problem => problem.Contains(Path.GetFileName(pack), StringComparison.Ordinal));
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(sound.SnapshotPath)).Result);

        // Of the whole pack the manifest is lost as well.
        Assert.Equal(
            how == "flipped" ? ErrorId.VerificationFailed : ErrorId.SnapshotDamaged,
            _scene.RestoreFails(snapshot.SnapshotPath, _scene["restored"]));
        Assert.False(Path.Exists(_scene["restored"]));
        _scene.Restore(sound.SnapshotPath, _scene["sound"]);
        Assert.Equal("x", File.ReadAllText(_scene["sound", "x.txt"]));
    }

    [Fact]
    public void What_is_left_of_a_damaged_snapshot_is_restored_when_verification_is_skipped()
    {
        StoredSnapshot snapshot = _scene.Take(_source);
        Damage(_scene.Files("data").MaxBy(static file => new FileInfo(file).Length)!, "flipped", offset: 1000);
        Core.Restore.RestoreResult result =
            _scene.Restore(snapshot.SnapshotPath, _scene["restored"], request => request with { SkipVerify = true });
        Assert.False(result.Verified);
        Assert.Equal("two", File.ReadAllText(_scene["restored", "b", "c.txt"]));
        Assert.Equal(300_000, new FileInfo(_scene["restored", "random.bin"]).Length);
        Assert.Contains(_scene.Observer.Warnings, static warning => warning.Contains("random.bin", StringComparison.Ordinal));
        _scene.Restore(snapshot.SnapshotPath, _scene["part"], request => request with { Include = ["c.txt"] });
        Assert.Equal("two", File.ReadAllText(_scene["part", "b", "c.txt"]));
    }

    [Fact]
    public void Of_a_lost_pack_what_others_hold_is_restored_without_skipping_verification_and_the_rest_is_named()
    {
        // What was there before lies in other packs than what was added.
        _scene.Take(_source);
        string[] before = _scene.Files("data");
        byte[] added = new byte[200_000];
        new Random(2).NextBytes(added);
        File.WriteAllBytes(Path.Join(_source, "b", "added.bin"), added);
        StoredSnapshot snapshot = _scene.Take(_source);
        string lost = FindPack(BlobType.Data, static _ => ObjectId.Hash("two"u8)).Path;
        Assert.Contains(lost, before);
        File.Delete(lost);

        // What is open already can be read on.
        _scene.Credential.Dispose();

        _scene.Restore(snapshot.SnapshotPath, _scene["part"], static request => request with { Include = ["added.bin"] });
        Assert.Equal(added, File.ReadAllBytes(_scene["part", "b", "added.bin"]));
        Assert.Equal(
            ErrorId.VerificationFailed,
            _scene.RestoreFails(snapshot.SnapshotPath, _scene["lost"], static request => request with { Include = ["c.txt"] }));
        Assert.Equal(ErrorId.VerificationFailed, _scene.RestoreFails(snapshot.SnapshotPath, _scene["whole"]));
        Assert.False(Path.Exists(_scene["lost"]) || Path.Exists(_scene["whole"]));

        Assert.False(_scene.Restore(snapshot.SnapshotPath, _scene["whole"], static request => request with { SkipVerify = true }).Verified);
        Assert.Equal(added, File.ReadAllBytes(_scene["whole", "b", "added.bin"]));
        Assert.Contains(_scene.Observer.Warnings, static warning => warning.Contains("c.txt", StringComparison.Ordinal));
        Assert.DoesNotContain(_scene.Observer.Warnings, static warning => warning.Contains("added.bin", StringComparison.Ordinal));
    }

    [Fact]
    public void A_snapshot_that_has_lost_its_manifest_is_restored_when_verification_is_skipped()
    {
        File.WriteAllText(Path.Join(_source, "manifest.json"), "one of the source's own");
        StoredSnapshot directory = _scene.Take(_source);
        string database = _scene.MakeDatabase("app.db", 300);
        StoredSnapshot alone = _scene.Take(database);
        LoseManifest(directory);
        LoseManifest(alone);
        Assert.Equal(
            [SnapshotState.Damaged, SnapshotState.Damaged], _scene.List().Select(static snapshot => snapshot.State));
        Assert.Equal(ErrorId.SnapshotDamaged, _scene.RestoreFails(directory.SnapshotPath, _scene["restored"]));

        _scene.Restore(directory.SnapshotPath, _scene["restored"], static request => request with { SkipVerify = true });
        Assert.Equal("two", File.ReadAllText(_scene["restored", "b", "c.txt"]));
        Assert.Equal(File.ReadAllBytes(Path.Join(_source, "random.bin")), File.ReadAllBytes(_scene["restored", "random.bin"]));
        Assert.Equal(
            RestoreScene.Names(_source), RestoreScene.Names(_scene["restored"]));
        _scene.Restore(alone.SnapshotPath, _scene["restored.db"], static request => request with { SkipVerify = true });
        Assert.Equal("300", RestoreScene.Count(_scene["restored.db"]));
    }

    [Fact]
    public void Beside_a_directory_that_is_lost_the_others_are_restored_when_verification_is_skipped()
    {
        StoredSnapshot first = _scene.Take(_source);

        // The trees of what did not change are in the packs of before.
        File.WriteAllText(Path.Join(_source, "added.txt"), "three");
        StoredSnapshot snapshot = _scene.Take(_source);
        File.Delete(FindPack(BlobType.Tree, repository => repository.LoadTree(ObjectId.Parse(first.Manifest.Sha256!))
            .Single(static node => node.Name.Span.SequenceEqual("b"u8)).Subtree!.Value).Path);
        _scene.Credential.Dispose();
        List<VerifyResult> results = _scene.Verify(snapshot.SnapshotPath);
        Assert.Contains(Assert.Single(results).Problems, static problem => problem.Contains("/b", StringComparison.Ordinal));
        Assert.Equal(ErrorId.VerificationFailed, _scene.RestoreFails(snapshot.SnapshotPath, _scene["restored"]));
        Core.Restore.RestoreResult result =
            _scene.Restore(snapshot.SnapshotPath, _scene["restored"], static request => request with { SkipVerify = true });
        Assert.Equal(1, result.NotRestored);
        Assert.Equal("three", File.ReadAllText(_scene["restored", "added.txt"]));
        Assert.False(Path.Exists(_scene["restored", "b", "c.txt"]));
        Assert.Contains(_scene.Observer.Warnings, static warning => warning.Contains("'b'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flipped_bit_in_the_header_of_a_pack_is_found_though_it_harms_no_snapshot()
    {
        StoredSnapshot snapshot = _scene.Take(_source);
        string pack = _scene.Files("data")[0];
        Damage(pack, "flipped", offset: new FileInfo(pack).Length - 10);
        AssertOnlyThePackIsDamaged();

        // The header is lost; what the index tells of the pack is not given up for it.
        RepairedRepository repaired = Repair();
        Assert.Contains(Path.GetFileName(pack), Assert.Single(repaired.Problems), StringComparison.Ordinal);
        Assert.Equal(_scene.Files("data").Length, repaired.Packs);
        AssertOnlyThePackIsDamaged();

        void AssertOnlyThePackIsDamaged() => Assert.Equal(
            [(_scene.Store, VerifyOutcome.Failed), (snapshot.SnapshotPath, VerifyOutcome.Ok)],
            _scene.Verify(_scene.Store).Select(static result => (result.Snapshot, result.Result)));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("truncated")]
    [InlineData("flipped")]
    public void A_damaged_index_is_made_anew_from_the_packs(string how)
    {
        StoredSnapshot snapshot = _scene.Take(_source);
        string index = Assert.Single(_scene.Files("index"));
        Damage(index, how, offset: 100);
        List<VerifyResult> results = _scene.Verify(_scene.Store);
        Assert.Contains(results, result => result.Snapshot == snapshot.SnapshotPath && result.Result == VerifyOutcome.Failed);
        Assert.Equal(
            how != "missing",
            results.SelectMany(static result => result.Problems).Any(problem => problem.Contains(Path.GetFileName(index), StringComparison.Ordinal)));
        Assert.Contains(
            results.Single(result => result.Snapshot == _scene.Store).Problems,
            static problem => problem.Contains("'repair'", StringComparison.Ordinal));
        BackupException refusal = Assert.Throws<BackupException>(() => _scene.Prune(new() { Last = 1 }));
        Assert.Equal(ErrorId.VerificationFailed, refusal.Id);
        Assert.Contains("'repair' (Repair-SnapshotRepository)", refusal.Message, StringComparison.Ordinal);

        Assert.Empty(Repair().Problems);
        Assert.All(_scene.Verify(_scene.Store), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        _scene.Restore(snapshot.SnapshotPath, _scene["restored"]);
        Assert.Equal("two", File.ReadAllText(_scene["restored", "b", "c.txt"]));
        if (InstalledRestic.IsInstalled)
        {
            _scene.Restic.CheckIsClean();
        }
    }

    [Fact]
    public void An_index_that_was_damaged_after_it_was_read_is_found_in_the_same_session()
    {
        _scene.Take(_source);
        Assert.Single(_scene.List());
        string index = Assert.Single(_scene.Files("index"));
        Damage(index, "flipped", offset: 100);
        Assert.Contains(
            _scene.Verify(_scene.Store).SelectMany(static result => result.Problems),
            problem => problem.Contains(Path.GetFileName(index), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    public void A_damaged_snapshot_file_is_listed_as_such_and_disturbs_no_other(string how)
    {
        StoredSnapshot damaged = _scene.Take(_source);
        StoredSnapshot sound = _scene.Take(_source);
        Damage(damaged.SnapshotPath, how, offset: 60);
        Assert.Equal(
            [(damaged.SnapshotPath, SnapshotState.Damaged), (sound.SnapshotPath, SnapshotState.Complete)],
            _scene.List().Select(static snapshot => (snapshot.SnapshotPath, snapshot.State)));
        Assert.Equal(
            [(damaged.SnapshotPath, VerifyOutcome.Failed), (sound.SnapshotPath, VerifyOutcome.Ok)],
            _scene.Verify(_scene.Store).Select(static result => (result.Snapshot, result.Result)));
        Assert.Equal(ErrorId.SnapshotDamaged, _scene.RestoreFails(damaged.SnapshotPath, _scene["restored"]));
        _scene.Restore(_scene.Store, _scene["restored"]);
        _scene.Take(_source);

        // Nobody knows what it needs, so nothing is taken for garbage.
        int before = _scene.Files("data").Length;
        Assert.Throws<BackupException>(() => _scene.Prune(new() { Last = 1 }));
        Assert.Equal(before, _scene.Files("data").Length);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    public void A_damaged_config_is_told(string how)
    {
        _scene.Take(_source);
        Damage(Path.Join(_scene.Store, "config"), how, offset: 20);
        using RepositoryCredential fresh = new() { Password = RepositoryScene.Secret(RepositoryScene.Password) };
        BackupException error = Assert.Throws<BackupException>(() => SnapshotLister.List(
            new ListRequest { Path = _scene.Store, Credential = fresh }, _scene.Observer, CancellationToken.None));
        Assert.Equal(ErrorId.StoreDamaged, error.Id);
    }

    private RepairedRepository Repair() => RepositoryRepairer.RebuildIndex(
        new RepairRequest { Store = _scene.Store, Credential = _scene.Credential }, _scene.Observer, CancellationToken.None);

    private void LoseManifest(StoredSnapshot snapshot)
    {
        (string pack, long offset) = FindPack(BlobType.Data, repository =>
        {
            TreeNode own = repository.LoadTree(repository.LoadSnapshot(ObjectId.Parse(snapshot.Manifest.Snapshot)).Tree).First();
            return repository.LoadTree(own.Subtree!.Value).First().Content![0];
        });
        Damage(pack, "flipped", offset + 20);
    }

    private (string Path, long Offset) FindPack(BlobType type, Func<Repository, ObjectId> find)
    {
        using Repository repository = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        repository.LoadIndex();
        Assert.True(repository.Index.TryFind(new BlobHandle(type, find(repository)), out BlobLocation location));
        string name = location.Pack.ToString();
        return (Path.Join(_scene.Store, "data", name[..2], name), location.Blob.Offset);
    }

    private static void Damage(string file, string how, long offset)
    {
        // restic's files may be read only.
        File.SetAttributes(file, FileAttributes.Normal);
        if (how == "missing")
        {
            File.Delete(file);
            return;
        }

        using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
        if (how == "truncated")
        {
            stream.SetLength(offset);
            return;
        }

        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 1));
    }
}
