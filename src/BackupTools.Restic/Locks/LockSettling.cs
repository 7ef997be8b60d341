namespace BackupTools.Restic.Locks;

/// <summary>
/// The time for which a new lock has to stand before it counts, going by while the repository is read already.
/// Reading harms nobody; what was read counts once it has turned out that nobody came at the same time who did not see
/// the lock.
/// </summary>
internal sealed class LockSettling : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly LockFiles _files;
    private readonly RepositoryLockMode _mode;
    private readonly ObjectId _own;
    private readonly long _deadline;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<string?> _look;

    /// <summary>Begins with a lock that was written just now.</summary>
    /// <param name="files">The locks.</param>
    /// <param name="mode">How it locks.</param>
    /// <param name="own">Its file.</param>
    /// <param name="timeout">How long to wait for others who came at the same time.</param>
    public LockSettling(LockFiles files, RepositoryLockMode mode, ObjectId own, TimeSpan timeout)
    {
        _files = files;
        _mode = mode;
        _own = own;
        _deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;

        // On a thread of its own: reading keeps those of the pool busy.
        _look = Task.Factory.StartNew(Look, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Waits until the lock has stood long enough, and whoever came at the same time has given way.</summary>
    /// <exception cref="RepositoryException">Nobody did: <see cref="RepositoryError.Locked"/>.</exception>
    public void Wait(CancellationToken cancellation)
    {
        Task.WaitAny([_look], cancellation);
        string? conflict = _look.GetAwaiter().GetResult();

        // Others look as well when their lock has stood so long, see this one and remove theirs.
        while (conflict is not null)
        {
            if (Environment.TickCount64 >= _deadline)
            {
                throw _files.InUse(conflict);
            }

            LockFiles.Pause(s_pause, cancellation);
            conflict = Find(cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        Task.WaitAny(_look);
        _ = _look.Exception;
        _stop.Dispose();
    }

    // At that time, not when somebody waits: by then who did not see this lock may have done what it came for.
    private string? Look()
    {
        LockFiles.Pause(LockFiles.Settling, _stop.Token);
        return Find(_stop.Token);
    }

    private string? Find(CancellationToken cancellation) => _files.FindConflict(_mode, _own, cancellation);
}
