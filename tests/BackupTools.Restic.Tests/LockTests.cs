using System.Diagnostics;
using BackupTools.Restic.Keys;
using BackupTools.Restic.Locks;

namespace BackupTools.Restic.Tests;

/// <summary>Whose lock counts, and for how long.</summary>
public sealed class LockTests : IDisposable
{
    // No process has the number: it is beyond what Linux gives.
    private const int NoProcess = 1 << 30;

    private readonly RepositoryScene _scene = new();

    public LockTests() => _scene.Create().Dispose();

    public void Dispose() => _scene.Dispose();

    [SkippableTheory]
    [InlineData("a process that has ended", 0, true)]
    [InlineData("a process that has ended", 29, true)]
    [InlineData("a process at work", 0, false)]
    [InlineData("a process at work", 29, false)]
    [InlineData("a process at work", 31, true)]
    [InlineData("another boot or namespace", 0, false)]
    [InlineData("another boot or namespace", 29, false)]
    [InlineData("another boot or namespace", 31, true)]
    [InlineData("another machine", 0, false)]
    [InlineData("another machine", 29, false)]
    [InlineData("another machine", 31, true)]
    public void The_number_of_a_process_counts_on_the_same_boot_and_in_the_same_namespace_and_else_30_minutes(
        string holder, int minutes, bool isDead)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells boots and namespaces");
        using Process living = Process.Start("sleep", "1000");
        using Process ended = Process.Start("true");
        ended.WaitForExit();
        int id = holder == "a process at work" ? living.Id : ended.Id;
        int mark = LockHolder.GetMark(id)!.Value;
        using Repository repository = _scene.Open();
        ObjectId other = Save(repository, new LockRecord
        {
            Time = Ago(minutes, holder == "another boot or namespace" ? (mark + 1) % 1_000_000_000 : mark),
            HostName = holder == "another machine" ? "elsewhere" : HostIdentity.HostName,
            ProcessId = id,
        });
        try
        {
            if (isDead)
            {
                using RepositoryLock held = repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero);
                Assert.Equal([held.Id], repository.ListLocks().Select(static each => each.Id));
            }
            else
            {
                AssertLocked(repository, RepositoryLockMode.Exclusive);
                Assert.Equal([other], repository.ListLocks().Select(static each => each.Id));
            }
        }
        finally
        {
            living.Kill();
            living.WaitForExit();
        }
    }

    [SkippableFact]
    public void A_process_that_nobody_asked_how_it_ended_has_ended()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells boots and namespaces");

        // The first one's parent becomes another program, which does not ask.
        using Process parent = Process.Start(new ProcessStartInfo("sh", ["-c", "sh -c 'echo $$' & exec sleep 1000"]) { RedirectStandardOutput = true })!;
        try
        {
            int id = int.Parse(parent.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(SpinWait.SpinUntil(() => !ProcessTable.IsRunning(id), TimeSpan.FromMinutes(1)));
            Assert.True(Directory.Exists($"/proc/{id}"));
        }
        finally
        {
            parent.Kill();
            parent.WaitForExit();
        }
    }

    [Fact]
    public void Those_who_share_do_not_hinder_each_other_and_who_is_alone_hinders_all()
    {
        using Repository one = _scene.Open();
        using Repository other = _scene.Open();
        using (one.Lock(RepositoryLockMode.Shared, TimeSpan.Zero))
        {
            other.Lock(RepositoryLockMode.Shared, TimeSpan.Zero).Dispose();
            AssertLocked(other, RepositoryLockMode.Exclusive);
        }

        using (one.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero))
        {
            AssertLocked(other, RepositoryLockMode.Shared);
            AssertLocked(other, RepositoryLockMode.Exclusive);
        }

        other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero).Dispose();
        Assert.Empty(one.ListLocks());
    }

    [SkippableFact]
    public void Restic_heeds_our_locks()
    {
        InstalledRestic.SkipWhereMissing();
        using Repository repository = _scene.Open();
        string file = _scene["file"];
        File.WriteAllText(file, "content");
        using (repository.Lock(RepositoryLockMode.Shared, TimeSpan.Zero))
        {
            _scene.Restic.Run("backup", file);
            Assert.NotEqual(0, _scene.Restic.TryRun(["prune"]).ExitCode);

            // It asks the process by a signal, which must do it no harm.
            _scene.Restic.Run("unlock");
            Assert.Single(repository.ListLocks());
        }

        using (repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero))
        {
            Assert.NotEqual(0, _scene.Restic.TryRun(["backup", file]).ExitCode);
        }

        _scene.Restic.Run("prune");
    }

    [SkippableFact]
    public void The_lock_of_a_restic_that_was_killed_stands_until_it_is_old_and_does_not_keep_others_from_adding()
    {
        InstalledRestic.SkipWhereMissing();
        using Repository repository = _scene.Open();
        using (Process restic = _scene.Restic.StartBackupOfInput())
        {
            Assert.True(SpinWait.SpinUntil(() => repository.ListLocks().Count == 1, TimeSpan.FromMinutes(1)));
            restic.Kill();
            restic.WaitForExit();
        }

        LockRecord left = Assert.Single(repository.ListLocks());
        repository.Lock(RepositoryLockMode.Shared, TimeSpan.Zero).Dispose();
        AssertLocked(repository, RepositoryLockMode.Exclusive);
        Files(repository).Remove(left.Id);
        Save(repository, left with { Time = left.Time with { UnixSeconds = left.Time.UnixSeconds - 1860 } });
        repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero).Dispose();
        Assert.Empty(repository.ListLocks());
    }

    [Fact]
    public void A_lock_is_made_anew_before_others_take_it_for_dead()
    {
        using Repository repository = _scene.Open();
        using RepositoryLock held = Hold(repository, Ago(6, 1));
        ObjectId before = held.Id;
        held.RefreshIfDue();
        LockRecord fresh = Assert.Single(repository.ListLocks());
        Assert.NotEqual(before, fresh.Id);
        Assert.Equal(held.Id, fresh.Id);
        Assert.True(DateTime.UtcNow - fresh.Time.ToDateTime() < TimeSpan.FromMinutes(5));
        held.RefreshIfDue();
        Assert.Equal(fresh.Id, held.Id);
        Assert.False(held.Lost.IsCancellationRequested);
    }

    [Fact]
    public void A_lock_that_somebody_removed_is_lost_and_nothing_is_written_any_more()
    {
        using Repository repository = _scene.Open();
        repository.LoadIndex();
        using RepositoryLock held = repository.Lock(RepositoryLockMode.Shared, TimeSpan.Zero);
        using RepositoryLock old = Hold(repository, Ago(6, 1));
        Files(repository).Remove(old.Id);
        old.RefreshIfDue();
        Assert.True(old.Lost.IsCancellationRequested);
        Assert.False(held.Lost.IsCancellationRequested);
        Assert.Equal(RepositoryError.LockLost, Assert.Throws<RepositoryException>(old.ThrowIfLost).Error);
    }

    [Fact]
    public void A_lock_that_cannot_be_read_is_named_and_hinders_and_an_empty_file_is_none()
    {
        using Repository repository = _scene.Open();
        string name = new('0', 64);
        File.WriteAllText(_scene["repository", "locks", name], "nonsense");
        RepositoryException error = AssertLocked(repository, RepositoryLockMode.Shared);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        File.WriteAllText(_scene["repository", "locks", name], string.Empty);
        repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero).Dispose();
    }

    private static RepositoryException AssertLocked(Repository repository, RepositoryLockMode mode)
    {
        RepositoryException error = Assert.Throws<RepositoryException>(() => repository.Lock(mode, TimeSpan.Zero));
        Assert.Equal(RepositoryError.Locked, error.Error);
        return error;
    }

    private static RepositoryTime Ago(int minutes, int fraction) =>
        RepositoryTime.FromUnix(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (60 * minutes), fraction);

    private static LockFiles Files(Repository repository) =>
        new(repository.Backend, new UnpackedFiles(repository.Backend, repository.Key, repository.Config, null));

    private static ObjectId Save(Repository repository, LockRecord record) => Files(repository).Save(record).Id;

    // One of this process that has been held for so long.
    private static RepositoryLock Hold(Repository repository, RepositoryTime since)
    {
        LockRecord record = new() { Time = since, HostName = HostIdentity.HostName, ProcessId = NoProcess };
        return new RepositoryLock(Files(repository), Files(repository).Save(record), settling: null, static _ => { });
    }
}
