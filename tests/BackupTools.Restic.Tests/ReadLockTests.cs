using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Locks;

namespace BackupTools.Restic.Tests;

/// <summary>A lock under which reading begins before it counts.</summary>
public sealed class ReadLockTests : IDisposable
{
    private readonly RepositoryScene _scene = new();
    private readonly WatchedBackend _backend;
    private readonly Repository _repository;
    private readonly Repository _other;

    public ReadLockTests()
    {
        _scene.Create().Dispose();
        _backend = new WatchedBackend(_scene.Path);
        _repository = Repository.Open(_backend, ResticProgram.Password);
        _other = _scene.Open();
    }

    public void Dispose()
    {
        _repository.Dispose();
        _other.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public void Nobody_gets_the_repository_alone_while_it_is_read()
    {
        using (RepositoryLock held = _repository.LockToRead(RepositoryLockMode.Shared, TimeSpan.Zero))
        {
            AssertLocked(() => _other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero));
            _other.Lock(RepositoryLockMode.Shared, TimeSpan.Zero).Dispose();
            held.Confirm();
            AssertLocked(() => _other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero));
        }

        using (_other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero))
        {
            AssertLocked(() => _repository.LockToRead(RepositoryLockMode.Shared, TimeSpan.Zero));
        }

        Assert.Empty(_other.ListLocks());
    }

    [Fact]
    public void Nobody_adds_while_the_repository_is_read_exclusively()
    {
        using (RepositoryLock held = _repository.LockToRead(RepositoryLockMode.Exclusive, TimeSpan.Zero))
        {
            AssertLocked(() => _other.Lock(RepositoryLockMode.Shared, TimeSpan.Zero));
            held.Confirm();
            AssertLocked(() => _other.Lock(RepositoryLockMode.Shared, TimeSpan.Zero));
        }

        using (_other.Lock(RepositoryLockMode.Shared, TimeSpan.Zero))
        {
            AssertLocked(() => _repository.LockToRead(RepositoryLockMode.Exclusive, TimeSpan.Zero));
        }

        Assert.Empty(_other.ListLocks());
    }

    [Theory]
    [InlineData(RepositoryLockMode.Shared, RepositoryLockMode.Exclusive)]
    [InlineData(RepositoryLockMode.Exclusive, RepositoryLockMode.Shared)]
    public void What_was_read_does_not_count_where_somebody_came_at_the_same_time_and_stays(
        RepositoryLockMode mode, RepositoryLockMode otherMode)
    {
        using RepositoryLock other = _other.Lock(otherMode, TimeSpan.Zero);
        HideForListings(2);
        using (RepositoryLock held = _repository.LockToRead(mode, TimeSpan.Zero))
        {
            AssertLocked(() => held.Confirm());
        }

        Assert.Equal(other.Id, Assert.Single(_other.ListLocks()).Id);
    }

    [Fact]
    public void Who_came_at_the_same_time_and_gives_way_is_waited_for()
    {
        RepositoryLock exclusive = _other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero);
        int listings = 0;
        _backend.Listing = (type, files) =>
        {
            if (type == RepositoryFileType.Lock && ++listings == 4)
            {
                exclusive.Dispose();
                return [];
            }

            return listings <= 2 ? [] : files;
        };
        using RepositoryLock held = _repository.LockToRead(RepositoryLockMode.Shared, TimeSpan.FromSeconds(30));
        held.Confirm();
        Assert.Equal(4, listings);
    }

    [Fact]
    public void Waiting_for_who_stays_can_be_cancelled()
    {
        using RepositoryLock exclusive = _other.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero);
        HideForListings(2);
        using RepositoryLock held = _repository.LockToRead(RepositoryLockMode.Shared, TimeSpan.FromMinutes(10));
        using CancellationTokenSource cancellation = new();
        Func<RepositoryFileType, List<StoredFile>, IEnumerable<StoredFile>> hide = _backend.Listing;
        int listings = 0;
        _backend.Listing = (type, files) =>
        {
            if (++listings == 3)
            {
                cancellation.Cancel();
            }

            return hide(type, files);
        };
        Assert.ThrowsAny<OperationCanceledException>(() => held.Confirm(cancellation.Token));
    }

    [Fact]
    public void A_lock_that_was_let_go_before_it_counted_leaves_nothing()
    {
        _repository.LockToRead(RepositoryLockMode.Shared, TimeSpan.Zero).Dispose();
        Assert.Empty(Directory.GetFiles(Path.Join(_scene.Path, "locks")));
    }

    [Fact]
    public void Nothing_is_written_under_a_lock_to_read()
    {
        using RepositoryLock held = _repository.LockToRead(RepositoryLockMode.Shared, TimeSpan.Zero);
        held.Confirm();
        _repository.LoadIndex();
        _repository.SaveBlob(BlobType.Data, "something"u8);
        Assert.Throws<InvalidOperationException>(() => _repository.Flush());
        Assert.Empty(Directory.GetFiles(Path.Join(_scene.Path, "data"), "*", SearchOption.AllDirectories));
    }

    // As a server does whose listings lag behind.
    private void HideForListings(int count)
    {
        int listings = 0;
        _backend.Listing = (_, files) => Interlocked.Increment(ref listings) <= count ? [] : files;
    }

    private static void AssertLocked(Action action) =>
        Assert.Equal(RepositoryError.Locked, Assert.Throws<RepositoryException>(action).Error);
}
