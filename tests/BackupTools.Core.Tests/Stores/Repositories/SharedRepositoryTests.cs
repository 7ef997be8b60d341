using System.Diagnostics;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Stores.Repositories;
using BackupTools.Core.Verification;
using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Locks;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>A repository that others use at the same time.</summary>
public sealed class SharedRepositoryTests : IDisposable
{
    private readonly RepositoryScene _scene = new();
    private readonly string _source;

    public SharedRepositoryTests() => _source = _scene.MakeTree("state", ("a.txt", "one"));

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void While_somebody_is_alone_with_it_nothing_is_added_and_nobody_restores()
    {
        StoredSnapshot snapshot = _scene.Take(_source);
        using Repository other = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        using (other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero))
        {
            Assert.Equal(ErrorId.StoreLocked, Assert.Throws<BackupException>(() => _scene.Take(_source)).Id);
            Assert.Single(_scene.List());
        }

        _scene.Take(_source);
        Assert.Equal(2, _scene.List().Count);
        _scene.Restore(snapshot.SnapshotPath, _scene["restored"]);
    }

    [Theory]
    [InlineData(VerifyLevel.Hash)]
    [InlineData(VerifyLevel.Rehearse)]
    public void When_a_result_of_verifying_is_handed_on_the_repository_is_free(VerifyLevel level)
    {
        _scene.Take(_source);
        _scene.Take(_source);
        VerifyRequest request = new() { Snapshot = _scene.Store, Level = level, Credential = _scene.Credential };
        int results = 0;
        foreach (VerifyResult result in SnapshotVerifier.Verify(request, _scene.Observer, CancellationToken.None))
        {
            Assert.Equal(VerifyOutcome.Ok, result.Result);
            Assert.Empty(_scene.Files("locks"));
            results++;
        }

        Assert.Equal(2, results);
    }

    [SkippableFact]
    public void While_restic_adds_others_add_too_but_nothing_is_removed()
    {
        InstalledRestic.SkipWhereMissing();
        _scene.Take(_source);
        using (Process restic = _scene.Restic.StartBackupOfInput())
        {
            while (_scene.Files("locks").Length == 0)
            {
                Assert.False(restic.HasExited);
                Thread.Yield();
            }

            NewSnapshotResult made = _scene.TakeWhole(_source, request => request with { Keep = 1 });
            Assert.Empty(made.Removed);
            Assert.Contains(_scene.Observer.Warnings, static warning => warning.Contains("stay for now", StringComparison.Ordinal));
            Assert.Equal(
                ErrorId.StoreLocked, Assert.Throws<BackupException>(() => _scene.Prune(new() { Last = 1 })).Id);
            restic.StandardInput.Write("something");
            restic.StandardInput.Close();
            restic.WaitForExit();
            Assert.Equal(0, restic.ExitCode);
        }

        // Ours twice, restic's once.
        Assert.Equal(3, _scene.List().Count);
        Assert.Equal(2, _scene.TakeWhole(_source, request => request with { Keep = 1 }).Removed.Count);
        Assert.Empty(_scene.Files("locks"));
        _scene.Restic.CheckIsClean();
    }

    [Fact]
    public void A_lock_that_cannot_be_had_for_removing_is_told_and_undoes_nothing_that_was_made()
    {
        using Repository repository = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        using RepositoryStoreLock held = RepositoryStoreLock.Acquire(repository, StoreUse.Add, TimeSpan.Zero, default);

        // The place of locks is gone, and nothing can be made there.
        Directory.Delete(Path.Join(_scene.Store, "locks"), recursive: true);
        File.WriteAllText(Path.Join(_scene.Store, "locks"), string.Empty);
        Assert.False(held.TryAllowRemoval(out string? obstacle));
        Assert.DoesNotContain("others", obstacle, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void While_a_whole_repository_is_verified_nobody_adds_to_it_and_beside_one_snapshot_others_do(bool isWhole)
    {
        StoredSnapshot snapshot = _scene.Take(_source);
        List<RepositoryError?> met = [];
        RecordingObserver observer = new()
        {
            Progressed = _ =>
            {
                using Repository other = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
                met.Add((Record.Exception(() => other.Lock(RepositoryLockMode.Shared, TimeSpan.Zero).Dispose()) as RepositoryException)?.Error);
                Assert.Equal(
                    RepositoryError.Locked,
                    Assert.Throws<RepositoryException>(() => other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero)).Error);
            },
        };
        VerifyRequest request = new() { Snapshot = isWhole ? _scene.Store : snapshot.SnapshotPath, Credential = _scene.Credential };
        VerifyResult result = Assert.Single(SnapshotVerifier.Verify(request, observer, CancellationToken.None));
        Assert.Equal(VerifyOutcome.Ok, result.Result);

        // The first report comes from among the packs.
        Assert.Equal(isWhole ? RepositoryError.Locked : null, met[0]);
        Assert.Empty(_scene.Files("locks"));
    }

    [Fact]
    public void A_whole_repository_is_verified_when_nobody_uses_it_and_a_snapshot_of_it_beside_others()
    {
        StoredSnapshot snapshot = _scene.Take(_source);
        using Repository other = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        using (other.Lock(RepositoryLockMode.Shared, TimeSpan.Zero))
        {
            VerifyRequest request = new() { Snapshot = _scene.Store, Credential = _scene.Credential, LockTimeout = TimeSpan.Zero };
            Assert.Equal(
                ErrorId.StoreLocked,
                Assert.Throws<BackupException>(() => SnapshotVerifier.Verify(request, _scene.Observer, default).ToList()).Id);
            Assert.Equal(
                VerifyOutcome.Ok,
                Assert.Single(SnapshotVerifier.Verify(request with { Snapshot = snapshot.SnapshotPath }, _scene.Observer, default)).Result);
        }
    }

    [Fact]
    public void Pruning_gives_back_what_only_removed_snapshots_needed()
    {
        for (int i = 0; i < 4; i++)
        {
            byte[] bytes = new byte[500_000];
            new Random(i).NextBytes(bytes);
            File.WriteAllBytes(Path.Join(_source, "random.bin"), bytes);
            _scene.Take(_source);
        }

        long before = _scene.Files("data").Sum(static file => new FileInfo(file).Length);
        _scene.Prune(new() { Last = 1 });
        long after = _scene.Files("data").Sum(static file => new FileInfo(file).Length);
        Assert.InRange(after, 500_000, 600_000);
        Assert.InRange(before, 2_000_000, 2_200_000);
        _scene.Restore(Assert.Single(_scene.List()).SnapshotPath, _scene["restored"]);
        Assert.Equal(File.ReadAllBytes(Path.Join(_source, "random.bin")), File.ReadAllBytes(_scene["restored", "random.bin"]));
    }
}
