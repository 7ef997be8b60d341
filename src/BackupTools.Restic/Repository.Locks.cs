using BackupTools.Restic.Locks;

namespace BackupTools.Restic;

/// <content>Locks.</content>
public sealed partial class Repository
{
    /// <summary>Locks the repository, by restic's protocol. What dead processes left is removed.</summary>
    /// <param name="mode">How.</param>
    /// <param name="timeout">How long to wait for others.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.Locked"/>: the message says by whom.</exception>
    public RepositoryLock Lock(RepositoryLockMode mode, TimeSpan timeout, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>All locks that can be read, those of dead processes included.</summary>
    /// <param name="cancellation">Stops it.</param>
    public IReadOnlyList<LockRecord> ListLocks(CancellationToken cancellation = default) => throw new NotImplementedException();
}
