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
        RepositoryLock held = new(files, files.Acquire(mode, timeout, cancellation), Forget);
        lock (_held)
        {
            _held.Add(held);
        }

        return held;
    }

    /// <summary>All locks that can be read, those of dead processes included.</summary>
    /// <param name="cancellation">Stops it.</param>
    public IReadOnlyList<LockRecord> ListLocks(CancellationToken cancellation = default) =>
        new LockFiles(Backend, _files).List(cancellation);

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
            if (_held.Count == 0)
            {
                throw new InvalidOperationException("The repository is not locked.");
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
