using BackupTools.Restic.Locks;

namespace BackupTools.Restic;

/// <content>Locks.</content>
public sealed partial class Repository
{
    private readonly List<RepositoryLock> _held = [];

    /// <summary>Locks the repository, by restic's protocol. What dead processes left is removed.</summary>
    /// <param name="mode">How.</param>
    /// <param name="timeout">How long to wait for others.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.Locked"/>: the message says by whom.</exception>
    public RepositoryLock Lock(RepositoryLockMode mode, TimeSpan timeout, CancellationToken cancellation = default)
    {
        LockFiles files = new(Backend, _files);
        LockRecord record = files.Acquire(mode, LockFiles.Settling, timeout, cancellation);
        return Hold(new RepositoryLock(files, record, settling: null, Forget));
    }

    /// <summary>
    /// Locks the repository to read only: that may begin at once, while the time goes by for which a lock has to stand before
    /// it counts. <see cref="RepositoryLock.Confirm"/> tells whether what was read does.
    /// </summary>
    /// <param name="mode">How: exclusively where nobody may add meanwhile either.</param>
    /// <param name="timeout">How long to wait for others.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.Locked"/>: the message says by whom.</exception>
    public RepositoryLock LockToRead(RepositoryLockMode mode, TimeSpan timeout, CancellationToken cancellation = default)
    {
        LockFiles files = new(Backend, _files);
        LockRecord record = files.Acquire(mode, TimeSpan.Zero, timeout, cancellation);
        return Hold(new RepositoryLock(files, record, new LockSettling(files, mode, record.Id, timeout), Forget));
    }

    /// <summary>All locks that can be read, those of dead processes included.</summary>
    /// <param name="cancellation">Stops it.</param>
    public IReadOnlyList<LockRecord> ListLocks(CancellationToken cancellation = default) =>
        new LockFiles(Backend, _files).List(cancellation);

    private RepositoryLock Hold(RepositoryLock held)
    {
        lock (_held)
        {
            _held.Add(held);
        }

        return held;
    }

    private void Forget(RepositoryLock released)
    {
        lock (_held)
        {
            _held.Remove(released);
        }
    }

    /// <summary>Whoever writes needs a lock, or what is being added may be taken for garbage and removed.</summary>
    internal void RequireLock()
    {
        lock (_held)
        {
            if (!_held.Exists(held => !held.IsToReadOnly))
            {
                throw new InvalidOperationException("The repository is not locked, or to read only.");
            }

            _held.ForEach(held => held.ThrowIfLost());
        }
    }

    private void Require(RepositoryLock exclusive)
    {
        lock (_held)
        {
            if (exclusive.Mode != RepositoryLockMode.Exclusive || !_held.Contains(exclusive))
            {
                throw new ArgumentException("That is no exclusive lock of this repository.", nameof(exclusive));
            }
        }

        exclusive.ThrowIfLost();
    }
}
