using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;
using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Locks;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>A repository that cannot be written is listed, verified and restored without a lock.</summary>
public sealed class ReadOnlyRepositoryTests : IDisposable
{
    private readonly RepositoryScene _scene = new();
    private readonly string _source;
    private readonly StoredSnapshot _snapshot;

    public ReadOnlyRepositoryTests()
    {
        _source = _scene.MakeTree("state", ("a.txt", "one"), ("b/c.txt", "two"));
        _scene.MakeDatabase("state/app.db", 200);
        _snapshot = _scene.Take(_source);
    }

    public void Dispose() => _scene.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_on_a_file_system_that_is_mounted_read_only_is_read(bool hasLocks)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting needs Linux and root");
        if (!hasLocks)
        {
            // Copied by a program that leaves empty directories out.
            Directory.Delete(Path.Join(_scene.Store, "locks"));
        }

        using Mounted mirror = new(_scene);
        AssertRead(mirror.Path);
    }

    [SkippableFact]
    public void One_that_belongs_to_somebody_else_is_read()
    {
        Skip.If(OperatingSystem.IsWindows(), "permissions are Unix's");
        Skip.If(Environment.IsPrivilegedProcess, "root may write everywhere");
        RestoreScene.Shell("chmod", "-R", "a-w", _scene.Store);
        try
        {
            AssertRead(_scene.Store);
        }
        finally
        {
            RestoreScene.Shell("chmod", "-R", "u+w", _scene.Store);
        }
    }

    [SkippableFact]
    public void One_that_somebody_is_alone_with_elsewhere_is_listed_and_no_more()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting needs Linux and root");
        using Repository other = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        using RepositoryLock alone = other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero);
        using Mounted mirror = new(_scene);
        Assert.Single(_scene.List(mirror.Path));
        VerifyRequest request = new() { Snapshot = mirror.Path, Credential = _scene.Credential, LockTimeout = TimeSpan.Zero };
        Assert.Equal(
            ErrorId.StoreLocked,
            Assert.Throws<BackupException>(() => SnapshotVerifier.Verify(request, _scene.Observer, default).ToList()).Id);
    }

    private void AssertRead(string store)
    {
        string[] before = _scene.Files(".");
        string snapshot = Assert.Single(_scene.List(store)).SnapshotPath;
        Assert.Equal(Path.Join(store, "snapshots", _snapshot.Manifest.Snapshot), snapshot);
        foreach (VerifyLevel level in Enum.GetValues<VerifyLevel>())
        {
            Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(store, level)).Result);
            Assert.Equal(VerifyOutcome.Ok, Assert.Single(_scene.Verify(snapshot, level)).Result);
        }

        _scene.Restore(store, _scene["restored"]);
        Assert.Equal("two", File.ReadAllText(_scene["restored", "b", "c.txt"]));
        Assert.Equal("200", RestoreScene.Count(_scene["restored", "app.db"]));
        _scene.Restore(snapshot, _scene["part"], static request => request with { Include = ["c.txt"] });
        Assert.Equal(["b"], RestoreScene.Names(_scene["part"]));

        // What writes says why it does not.
        Assert.Equal(
            ErrorId.StoreNotWritable,
            Assert.Throws<BackupException>(() => _scene.Take(_source, request => request with { Store = store })).Id);
        Assert.Equal(ErrorId.StoreNotWritable, Assert.Throws<BackupException>(() => _scene.Prune(new() { Last = 1 }, store)).Id);
        Assert.Equal(before, _scene.Files("."));
        Assert.Empty(_scene.Observer.Warnings);
    }

    /// <summary>The repository at another place, where nothing can be written.</summary>
    private sealed class Mounted : IDisposable
    {
        private readonly RepositoryScene _scene;

        public Mounted(RepositoryScene scene)
        {
            _scene = scene;
            Path = Directory.CreateDirectory(scene["mirror"]).FullName;
            Tool.Run("mount", ["--bind", scene.Store, Path]);
            Tool.Run("mount", ["-o", "remount,bind,ro", Path]);
        }

        public string Path { get; }

        public void Dispose()
        {
            // What is open there keeps it from being unmounted.
            _scene.Credential.Dispose();
            Tool.Run("umount", [Path]);
        }
    }
}
