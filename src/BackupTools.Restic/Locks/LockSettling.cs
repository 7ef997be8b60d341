namespace BackupTools.Restic.Locks;

/// <summary>
/// The time for which a new lock has to stand before it counts, going by while the repository is read already.
/// Reading harms nobody; what was read counts once it has turned out that nobody came at the same time who did not see
/// the lock.
/// </summary>
internal sealed class LockSettling : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    // Far longer than giving way takes: who is still there then has not seen the lock, and is at work.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    private readonly LockFiles _files;
    private readonly RepositoryLockMode _mode;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<string?> _look;

    /// <summary>Begins with a lock that was written just now.</summary>
    /// <param name="files">The locks.</param>
    /// <param name="mode">How it locks.</param>
    /// <param name="own">Its file.</param>
    /// <param name="timeout">How long to wait at most for others who came at the same time.</param>
    public LockSettling(LockFiles files, RepositoryLockMode mode, ObjectId own, TimeSpan timeout)
    {
        _files = files;
        _mode = mode;
        TimeSpan grace = timeout < s_grace ? timeout : s_grace;

        // On a thread of its own: reading keeps those of the pool busy.
        _look = Task.Factory.StartNew(() => Look(own, grace), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Waits until the lock has stood long enough, and whoever came at the same time has given way.</summary>
    /// <exception cref="RepositoryException">Somebody did not: <see cref="RepositoryError.Locked"/>.</exception>
    public void Wait(CancellationToken cancellation)
    {
        Task.WaitAny([_look], cancellation);
        if (_look.GetAwaiter().GetResult() is string conflict)
        {
            throw _files.InUse(conflict);
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

    // At that time, not when somebody waits: by then who did not see this lock may have done what it came for. Others look as
    // well when their lock has stood so long, see this one and remove theirs.
    private string? Look(ObjectId own, TimeSpan grace)
    {
        LockFiles.Pause(LockFiles.Settling, _stop.Token);
        long deadline = Environment.TickCount64 + (long)grace.TotalMilliseconds;
        while (true)
        {
            string? conflict = _files.FindConflict(_mode, own, _stop.Token);
            if (conflict is null || Environment.TickCount64 >= deadline)
            {
                return conflict;
            }

            LockFiles.Pause(s_pause, _stop.Token);
        }
    }
}
