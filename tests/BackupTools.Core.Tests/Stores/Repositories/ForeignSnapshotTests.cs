using System.Text;
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

/// <summary>What restic writes is listed, verified and restored here.</summary>
public sealed class ForeignSnapshotTests : IDisposable
{
    private readonly RepositoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [SkippableFact]
    public void A_directory_of_restics_is_listed_verified_and_restored()
    {
        InstalledRestic.SkipWhereMissing();
        string source = _scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "two"), ("big.bin", new string('y', 2_500_000)));
        RestoreScene.Shell("mkfifo", Path.Join(source, "pipe"));
        RestoreScene.Shell("ln", Path.Join(source, "a.txt"), Path.Join(source, "b", "hard"));
        _scene.Restic.Run("backup", "--tag", "by-restic", "--host", "elsewhere", source);
        StoredSnapshot listed = Assert.Single(_scene.List());
        Assert.Equal(SnapshotState.Complete, listed.State);
        Assert.Equal(
            (ManifestOrigin.Restic, "state", source, "elsewhere", "restic", "directory"),
            (listed.Manifest.Origin, listed.Manifest.Name, listed.Manifest.Source, listed.Manifest.Host, listed.Manifest.Tool, listed.Manifest.Kind));
        Assert.Equal(["by-restic"], listed.Manifest.Tags);
        foreach (VerifyLevel level in Enum.GetValues<VerifyLevel>())
        {
            Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(_scene.Store, level)).Result);
        }

        _scene.Restore(_scene.Store, _scene["restored"]);
        File.Delete(Path.Join(source, "pipe"));
        Assert.Equal(WithoutRootsTime(source), WithoutRootsTime(_scene["restored"]));
        Assert.Contains(_scene.Observer.Warnings, static warning => warning.Contains("'pipe'", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_database_that_restic_took_by_itself_is_restored_as_one()
    {
        InstalledRestic.SkipWhereMissing();
        string database = _scene.MakeDatabase("app.db", 700);
        _scene.Restic.Run("backup", database);
        SnapshotManifest manifest = Assert.Single(_scene.List()).Manifest;
        Assert.Equal(("sqlite", "app", new FileInfo(database).Length), (manifest.Kind, manifest.Name, manifest.Bytes));
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(_scene.Store, VerifyLevel.Rehearse)).Result);

        // restic does not count rows, and 0 would be wrong.
        Assert.Null(_scene.Restore(_scene.Store, _scene["restored.db"]).EntryCount);
        Assert.Equal(File.ReadAllBytes(database), File.ReadAllBytes(_scene["restored.db"]));
    }

    [SkippableFact]
    public void Several_paths_of_restics_are_restored_below_what_they_have_in_common()
    {
        InstalledRestic.SkipWhereMissing();
        _scene.MakeTree("state", ("one/a.txt", "a"), ("two/b.txt", "b"), ("three/c.txt", "c"));
        _scene.Restic.Run("backup", _scene["state", "one"], _scene["state", "two"]);
        _scene.Restore(_scene.Store, _scene["restored"]);
        Assert.Equal(["one", "two"], RestoreScene.Names(_scene["restored"]));
        Assert.Equal("b", File.ReadAllText(_scene["restored", "two", "b.txt"]));
    }

    [SkippableFact]
    public void What_restic_does_not_tell_of_a_snapshot_is_not_known()
    {
        InstalledRestic.SkipWhereMissing();
        string source = _scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "three"));
        string database = _scene.MakeDatabase("app.db", 700);
        _scene.Restic.Run("backup", source);
        _scene.Restic.Run("backup", database);
        SnapshotManifest[] listed = [.. _scene.List().Select(static snapshot => snapshot.Manifest)];

        // restic tells it since 0.17. The rows of a database it never tells.
        bool tells = _scene.Restic.Run("cat", "snapshot", listed[0].Snapshot).Contains("\"summary\"", StringComparison.Ordinal);
        Assert.Equal(tells ? (8, 2) : (null, null), (listed[0].Bytes, listed[0].EntryCount));
        Assert.Equal((new FileInfo(database).Length, null), (listed[1].Bytes, listed[1].EntryCount));
    }

    [Theory]
    [InlineData("""{"files_new":2,"total_files_processed":3,"total_bytes_processed":12345678901,"data_added":7,"nested":{"a":[1]}}""", 12345678901, 3L)]
    [InlineData("""{"total_files_processed":0,"total_bytes_processed":0}""", 0L, 0L)]
    [InlineData("""{"total_bytes_processed":5}""", null, null)]
    [InlineData("""{"total_files_processed":-1,"total_bytes_processed":5}""", null, null)]
    [InlineData("""{"total_files_processed":{},"total_bytes_processed":1e99}""", null, null)]
    [InlineData("null", null, null)]
    [InlineData("[]", null, null)]
    public void What_newer_versions_of_restic_tell_of_a_snapshot_is_listed(string summary, long? bytes, long? files)
    {
        StoredSnapshot ours = _scene.Take(_scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "two")));
        using Repository repository = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        SnapshotRecord record = repository.LoadSnapshot(ObjectId.Parse(ours.Manifest.Snapshot));

        // The tree without our manifest, in a snapshot as restic 0.17 writes it.
        ObjectId tree;
        using (repository.Lock(RepositoryLockMode.Shared, TimeSpan.Zero))
        {
            repository.LoadIndex();
            TreeBuilder root = new();
            foreach (TreeNode node in repository.LoadTree(record.Tree).Where(
                static node => !node.Name.Span.SequenceEqual(TravellingManifest.DirectoryName.Bytes)))
            {
                root.Add(node);
            }

            tree = repository.SaveTree(root).Id;
            repository.Flush();
        }

        string json = $$"""
            {"time":"2026-01-02T03:04:05Z","tree":"{{tree}}","paths":["{{_scene["state"]}}"],"hostname":"elsewhere","username":"root",
            "program_version":"restic 0.17.3","summary":{{summary}}}
            """;
        string id = new UnpackedFiles(repository.Backend, repository.Key, repository.Config, null)
            .Save(RepositoryFileType.Snapshot, Encoding.UTF8.GetBytes(json), CancellationToken.None).ToString();
        StoredSnapshot listed = _scene.List().Single(snapshot => snapshot.Manifest.Snapshot == id);
        Assert.Equal((bytes, files), (listed.Manifest.Bytes, listed.Manifest.EntryCount));
        Assert.Equal((ManifestOrigin.Restic, "0.17.3"), (listed.Manifest.Origin, listed.Manifest.Version));
        foreach (VerifyLevel level in Enum.GetValues<VerifyLevel>())
        {
            Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(listed.SnapshotPath, level)).Result);
        }

        _scene.Restore(listed.SnapshotPath, _scene["restored"]);
        Assert.Equal("two", File.ReadAllText(_scene["restored", "b", "c.txt"]));
    }

    [SkippableFact]
    public void Both_programs_take_turns_and_either_prunes()
    {
        InstalledRestic.SkipWhereMissing();
        string source = _scene.MakeTree("state", ("a.txt", "one"), ("big.bin", new string('y', 2_500_000)));
        for (int i = 0; i < 3; i++)
        {
            File.WriteAllText(Path.Join(source, "a.txt"), $"ours {i}" + new string((char)('a' + i), 100_000));
            _scene.Take(source);
            File.WriteAllText(Path.Join(source, "a.txt"), $"restic {i}" + new string((char)('A' + i), 100_000));
            _scene.Restic.Run("backup", source);
        }

        _scene.Restic.CheckIsClean();
        Assert.Equal(6, _scene.List().Count);
        _scene.Restic.Run("forget", "--keep-last", "4", "--group-by", "", "--prune");
        Assert.Equal(4, _scene.List().Count);
        Assert.All(_scene.Verify(_scene.Store), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        _scene.Prune(new() { Last = 2 });
        Assert.Equal(2, _scene.List().Count);
        _scene.Restic.CheckIsClean();
        _scene.Restore(_scene.Store, _scene["restored"]);
        Assert.StartsWith("restic 2", File.ReadAllText(_scene["restored", "a.txt"]), StringComparison.Ordinal);
        _scene.Restic.Run("restore", "latest", "--target", _scene["by-restic"]);
        Assert.Equal(File.ReadAllText(_scene["restored", "a.txt"]), File.ReadAllText(_scene["by-restic"] + Path.Join(source, "a.txt")));
    }

    [SkippableFact]
    public void What_keep_removes_is_never_restics()
    {
        InstalledRestic.SkipWhereMissing();
        string source = _scene.MakeTree("state", ("a.txt", "one"));
        _scene.Restic.Run("backup", "--host", Environment.MachineName, source);
        _scene.Take(source);
        Assert.Single(_scene.TakeWhole(source, request => request with { Keep = 1 }).Removed);
        Assert.Equal([ManifestOrigin.Restic, ManifestOrigin.BackupTools], _scene.List().Select(static snapshot => snapshot.Manifest.Origin));
    }

    // The entry that is gone again was in it.
    private static IEnumerable<string> WithoutRootsTime(string directory) =>
        RestoreScene.Describe(directory).Split('\n').Where(static line => !line.StartsWith("|d|", StringComparison.Ordinal));
}
