using System.Runtime.InteropServices;

namespace BackupTools.Restic.Locks;

/// <summary>
/// A lock that this process holds. It is made anew every five minutes; disposing it releases it. While it is held, the
/// signal by which restic asks whether the holder is alive (SIGHUP) does not end the process.
/// </summary>
public sealed class RepositoryLock : IDisposable
{
    private static readonly TimeSpan s_refreshAfter = TimeSpan.FromMinutes(5);

    // A little before others may take the lock for a dead process's.
    private static readonly TimeSpan s_lateAfter = LockHolder.StaleAfter - (s_refreshAfter * 1.5);

    // Often, because a machine that was asleep has to notice soon that its lock is old.
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly LockFiles _files;
    private readonly Action<RepositoryLock> _released;
    private readonly CancellationTokenSource _lost = new();
    private readonly LockSettling? _settling;
    private readonly PosixSignalRegistration? _hangup;
    private readonly Timer _timer;
    private LockRecord _record;
    private bool _isReleased;

    internal RepositoryLock(LockFiles files, LockRecord record, LockSettling? settling, Action<RepositoryLock> released)
    {
        _files = files;
        _record = record;
        _settling = settling;
        _released = released;
        _hangup = OperatingSystem.IsWindows()
            ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
        _timer = new Timer(_ => RefreshIfDue(), null, s_tick, s_tick);
        Lost = _lost.Token;
    }

    /// <summary>How the repository is held.</summary>
    public RepositoryLockMode Mode => _record.IsExclusive ? RepositoryLockMode.Exclusive : RepositoryLockMode.Shared;

    /// <summary>
    /// Cancelled when the lock is lost: somebody removed it, or it could not be made anew for so long that others may take
    /// it for a dead process's. Nothing is written under it any more then.
    /// </summary>
    public CancellationToken Lost { get; }

    /// <summary>Whether nothing may be written under it.</summary>
    internal bool IsToReadOnly => _settling is not null;

    /// <summary>The lock's file, which changes whenever the lock is made anew.</summary>
    internal ObjectId Id => _record.Id;

    private TimeSpan Age => DateTime.UtcNow - _record.Time.ToDateTime();

    /// <summary>
    /// Waits until the lock counts, which a lock that was taken to read does only a moment after reading may begin.
    /// </summary>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="RepositoryException">
    /// <see cref="RepositoryError.Locked"/>: somebody holds the repository exclusively, and what was read counts for nothing.
    /// </exception>
    public void Confirm(CancellationToken cancellation = default) => _settling?.Wait(cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isReleased)
            {
                return;
            }

            _isReleased = true;
            _timer.Dispose();
            _hangup?.Dispose();
        }

        _settling?.Dispose();
        _released(this);
        _files.Remove(_record.Id);
        _lost.Dispose();
    }

    /// <summary>Makes sure that the lock still holds: others may have removed it while this machine was asleep.</summary>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.LockLost"/>.</exception>
    internal void ThrowIfLost()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isReleased, this);
            if (Age > s_lateAfter)
            {
                TryRefresh();
            }

            if (Lost.IsCancellationRequested)
            {
                throw new RepositoryException(
                    RepositoryError.LockLost,
                    "The repository's lock was lost: it was removed, or could not be made anew in time, so others may be "
                    + "removing what is in use. What was being saved was stopped, and no snapshot was made. Try again.");
            }
        }
    }

    /// <summary>Makes the lock anew where that is due.</summary>
    internal void RefreshIfDue()
    {
        lock (_lock)
        {
            if (!_isReleased && !Lost.IsCancellationRequested && Age > s_refreshAfter)
            {
                TryRefresh();
            }
        }
    }

    private void TryRefresh()
    {
        bool isLate = Age > s_lateAfter;
        try
        {
            if (_files.Exists(_record.Id))
            {
                LockRecord fresh = _files.Save(LockHolder.CreateRecord(Mode));
                if (isLate)
                {
                    // Somebody may be about to remove the old one.
                    Thread.Sleep(LockFiles.Settling);
                }

                if (!isLate || _files.Exists(_record.Id))
                {
                    ObjectId old = _record.Id;
                    _record = fresh;
                    _files.Remove(old);
                    return;
                }

                _files.Remove(fresh.Id);
            }
        }
        catch (Exception e) when (!isLate && e is IOException or UnauthorizedAccessException)
        {
            // Tried again at the next tick, until it is late.
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Now others may take it for a dead process's.
        }

        _lost.Cancel();
    }
}
