using BackupTools.Restic.Backends;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Maintenance;
using BackupTools.Restic.Snapshots;

namespace BackupTools.Restic.Tests;

/// <summary>A repository is made whole, or so that it can be made again.</summary>
public sealed class CreationTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly RepositoryScene _scene = new();
    private readonly Dictionary<string, byte[]> _files = new() { ["file"] = SampleTree.MakeContent(1, 300_000) };

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("keys")]
    [InlineData("config-tmp-" + Id)]
    [InlineData("config-tmp-" + Id, "keys/" + Id + "-tmp-x1")]
    [InlineData("config-tmp-" + Id, "keys/" + Id)]
    [InlineData("config-tmp-" + Id + "-gone", "keys/" + Id)]
    public void What_an_interrupted_creation_leaves_is_removed_by_the_next_one(params string[] left)
    {
        Directory.CreateDirectory(_scene["repository", "keys"]);
        foreach (string name in left.Where(static name => name != "keys"))
        {
            File.WriteAllText(_scene["repository", name], "begun");
        }

        using (LocalBackend backend = new(_scene.Path))
        {
            Assert.Equal(left.Where(static name => name != "keys").Select(name => _scene["repository", name]), backend.ListUnfinished());
        }

        ObjectId key;
        using (Repository made = _scene.Create())
        {
            key = made.KeyId;
        }

        Assert.Equal(["config", "keys/" + key], Files());
        _scene.OpenLocked().Dispose();
    }

    [Fact]
    public void Keys_that_no_creation_left_are_refused_and_stay()
    {
        Directory.CreateDirectory(_scene["repository", "keys"]);
        string other = Id.Replace('0', 'f');
        File.WriteAllText(_scene["repository", "keys", other], "another's");
        File.WriteAllText(_scene["repository", "config-tmp-" + Id], "begun");
        Assert.Equal(RepositoryError.AlreadyExists, Assert.Throws<RepositoryException>(() => _scene.Create()).Error);
        Assert.Equal(["keys/" + other], Files());
    }

    [Fact]
    public void A_repository_is_never_made_anew()
    {
        _scene.Create().Dispose();
        string[] before = Files();
        Assert.Equal(RepositoryError.AlreadyExists, Assert.Throws<RepositoryException>(() => _scene.Create()).Error);
        Assert.Equal(before, Files());
    }

    [Fact]
    public void A_creation_that_fails_leaves_what_was_there_and_no_more()
    {
        // So that a directory cannot be made.
        Directory.CreateDirectory(_scene["repository", "keys"]);
        File.WriteAllText(_scene["repository", "index"], "no directory");
        Assert.ThrowsAny<IOException>(() => _scene.Create());
        Assert.Equal(["index", "keys"], Directory.GetFileSystemEntries(_scene.Path).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.GetFileSystemEntries(_scene["repository", "keys"]));
    }

    [SkippableFact]
    public void A_creation_that_fails_leaves_no_directory_that_was_not_there()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "It needs a file system without room.");
        Assert.ThrowsAny<Exception>(() => Repository.Create(new LocalBackend("/proc/self/repository"), "password", RepositoryScene.Options));
        string deep = _scene["above", "to the", "repository", new string('x', 300)];
        Assert.ThrowsAny<IOException>(() => Repository.Create(new LocalBackend(deep), "password", RepositoryScene.Options));
        Assert.False(Directory.Exists(_scene["above"]));
    }

    [Fact]
    public void Of_creations_at_the_same_time_one_or_none_succeeds_and_its_key_is_the_only_one()
    {
        for (int round = 0; round < 6; round++)
        {
            string path = _scene[$"repository{round}"];
            int succeeded = 0;
            using Barrier barrier = new(3);
            Parallel.For(0, 3, new ParallelOptions { MaxDegreeOfParallelism = 3 }, i =>
            {
                LocalBackend backend = new(path);
                barrier.SignalAndWait(TimeSpan.FromSeconds(30));
                try
                {
                    Repository.Create(backend, ResticProgram.Password, RepositoryScene.Options).Dispose();
                    Interlocked.Increment(ref succeeded);
                }
                catch (Exception e) when (e is RepositoryException { Error: RepositoryError.AlreadyExists } or IOException)
                {
                    // Another was there before, or removes what it made.
                }
            });
            Assert.InRange(succeeded, 0, 1);
            if (succeeded == 0)
            {
                Repository.Create(new LocalBackend(path), ResticProgram.Password, RepositoryScene.Options).Dispose();
            }

            string[] files = Directory.GetFiles(path, "*", SearchOption.AllDirectories);
            Assert.True(files.Length == 2, string.Join('\n', files));
            Repository.Open(new LocalBackend(path), ResticProgram.Password, RepositoryScene.Options).Dispose();
        }
    }

    [Theory]
    [InlineData("repository")]
    [InlineData("repository/")]
    public void Only_its_owner_may_look_into_it_however_its_path_is_written(string name)
    {
        Repository.Create(new LocalBackend(_scene["above"] + "/" + name), "password", RepositoryScene.Options).Dispose();
        string path = _scene["above", "repository"];
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        foreach (string entry in Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories).Append(path))
        {
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(Directory.Exists(entry) ? owner : UnixFileMode.UserRead, File.GetUnixFileMode(entry));
            }
        }
    }

    // A power cut may take directories that are empty: they are not synced one by one.
    [Fact]
    public void A_repository_without_its_empty_directories_is_used_as_any_other()
    {
        _scene.Create().Dispose();
        RemoveEmptyDirectories();
        SnapshotRecord first;
        using (LockedRepository open = _scene.OpenLocked())
        {
            first = SampleTree.Save(open.Repository, _files);
        }

        RemoveEmptyDirectories();
        using (LockedRepository open = _scene.OpenLocked(RepositoryLockMode.Exclusive))
        {
            SampleTree.AssertSame(
                _files.ToDictionary(static file => "/sample/" + file.Key, static file => file.Value),
                SampleTree.Load(open.Repository, first.Id));
            Assert.True(open.Repository.Check(new CheckOptions { ReadData = true }, open.Lock).IsSound);
            open.Repository.RemoveSnapshot(first.Id, open.Lock);
            open.Repository.Prune(new PruneOptions { MaxUnusedPercent = 0 }, open.Lock);
        }

        Assert.DoesNotContain(Files(), static file => file.StartsWith("data/", StringComparison.Ordinal));
        RemoveEmptyDirectories();
        using LockedRepository again = _scene.OpenLocked();
        SampleTree.Save(again.Repository, _files);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Restic_uses_a_repository_without_its_empty_directories_as_any_other(int version)
    {
        InstalledRestic.SkipUnlessItOpens(version);
        _scene.Create(RepositoryScene.Options with { Version = version }).Dispose();
        string source = Directory.CreateDirectory(_scene["source"]).FullName;
        File.WriteAllBytes(_scene["source", "file"], _files["file"]);
        RemoveEmptyDirectories();
        _scene.Restic.CheckIsClean();
        RemoveEmptyDirectories();
        _scene.Restic.Run("backup", source);
        RemoveEmptyDirectories();
        _scene.Restic.CheckIsClean();
        _scene.Restic.Run("forget", "latest", "--prune");
        RemoveEmptyDirectories();
        _scene.Restic.CheckIsClean();
        _scene.Restic.Run("backup", source);
        _scene.Restic.Run("restore", "latest", "--target", _scene["restored"]);
        Assert.Equal(_files["file"], File.ReadAllBytes(Path.Join(_scene["restored"], source, "file")));
        using LockedRepository open = _scene.OpenLocked(RepositoryLockMode.Exclusive);
        Assert.True(open.Repository.Check(new CheckOptions { ReadData = true }, open.Lock).IsSound);
    }

    private string[] Files() =>
    [
        .. Directory.GetFiles(_scene.Path, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_scene.Path, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    private void RemoveEmptyDirectories()
    {
        foreach (string path in Directory.GetDirectories(_scene.Path, "*", SearchOption.AllDirectories).OrderByDescending(static path => path.Length))
        {
            if (!Directory.EnumerateFileSystemEntries(path).Any())
            {
                Directory.Delete(path);
            }
        }
    }
}
