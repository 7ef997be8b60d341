using BackupTools.Core.Durability;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Tests.Stores;

/// <summary>Several runs on one folder store.</summary>
public sealed class FolderStoreLockTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void One_run_at_a_time_writes_and_readers_share()
    {
        using FolderStore second = FolderStore.OpenExisting(_store.Path);
        using (_store.Lock())
        {
            Assert.Equal(
                ErrorId.StoreLocked,
                Assert.Throws<BackupException>(() => second.Lock(LockMode.Exclusive, TimeSpan.Zero, default)).Id);
            Assert.Equal(
                ErrorId.StoreLocked,
                Assert.Throws<BackupException>(() => second.Lock(LockMode.Shared, TimeSpan.Zero, default)).Id);
        }

        using (_store.Store.Lock(LockMode.Shared, TimeSpan.Zero, default))
        using (second.Lock(LockMode.Shared, TimeSpan.Zero, default))
        {
            Assert.Equal(
                ErrorId.StoreLocked,
                Assert.Throws<BackupException>(() => second.Lock(LockMode.Exclusive, TimeSpan.Zero, default)).Id);
        }

        second.Lock(LockMode.Exclusive, TimeSpan.Zero, default).Dispose();
    }

    [Fact]
    public async Task Two_runs_at_once_on_one_store_both_publish_all_they_make()
    {
        const int each = 10;
        Task[] runs =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    for (int i = 0; i < each; i++)
                    {
                        using FolderStore store = FolderStore.OpenExisting(_store.Path);
                        using StoreLock held = store.Lock(LockMode.Exclusive, TimeSpan.FromMinutes(2), default);
                        _store.AddDirectory();
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)),
        ];
        await Task.WhenAll(runs);

        IReadOnlyList<StoredSnapshot> listed = _store.Store.List();
        Assert.Equal(2 * each, listed.Count);
        Assert.All(listed, snapshot => Assert.Equal(SnapshotState.Complete, snapshot.State));
        Assert.Equal(6 * each, _store.Names.Length);
    }

    [Fact]
    public void Reading_where_this_program_never_wrote_leaves_no_lock_file()
    {
        _store.Store.Lock(LockMode.Shared, TimeSpan.Zero, default).Dispose();

        Assert.False(File.Exists(_store[StoreLock.FileName]));
    }
}
