namespace BackupTools.Restic.Blobs;

/// <summary>
/// Counts what is under way, so that others can wait until there is room or all is done. Waiting ends by an exception when
/// what is waited for has failed.
/// </summary>
/// <param name="limit">How much may be under way.</param>
/// <param name="throwIfFailed">Throws where waiting is in vain.</param>
internal sealed class Gauge(long limit, Action throwIfFailed)
{
    // Cancellation and failure are looked for that often while waiting; what is waited for itself wakes at once.
    private const int PollMilliseconds = 50;

    private readonly object _lock = new();
    private long _underWay;

    /// <summary>Waits for room, and takes it. What is larger than all the room there is goes alone.</summary>
    public void Enter(long amount, CancellationToken cancellation)
    {
        lock (_lock)
        {
            while (_underWay > 0 && _underWay + amount > limit)
            {
                Wait(cancellation);
            }

            _underWay += amount;
        }
    }

    /// <summary>Gives room back.</summary>
    public void Leave(long amount)
    {
        lock (_lock)
        {
            _underWay -= amount;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits until nothing is under way.</summary>
    public void WaitUntilEmpty(CancellationToken cancellation)
    {
        lock (_lock)
        {
            while (_underWay > 0)
            {
                Wait(cancellation);
            }
        }
    }

    private void Wait(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        throwIfFailed();
        Monitor.Wait(_lock, PollMilliseconds);
    }
}
