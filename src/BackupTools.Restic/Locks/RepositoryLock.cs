namespace BackupTools.Restic.Locks;

/// <summary>
/// A lock that this process holds. It is made anew every five minutes; disposing it releases it. While it is held, the
/// signal by which restic asks whether the holder is alive (SIGHUP) does not end the process.
/// </summary>
public sealed class RepositoryLock : IDisposable
{
    /// <summary>How the repository is held.</summary>
    public RepositoryLockMode Mode => throw new NotImplementedException();

    /// <summary>
    /// Cancelled when the lock is lost: somebody removed it, or it could not be made anew for so long that others may take
    /// it for a dead process's. Whoever writes must stop then.
    /// </summary>
    public CancellationToken Lost => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
