using System.Diagnostics.CodeAnalysis;

namespace BackupTools.Restic.Blobs;

/// <summary>Hands work to threads.</summary>
internal sealed class WorkQueue<T>
{
    private readonly object _lock = new();
    private readonly Queue<T> _work = new();
    private bool _isComplete;

    /// <summary>Adds work for whichever thread is free.</summary>
    public void Add(T work)
    {
        lock (_lock)
        {
            _work.Enqueue(work);
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Waits for work.</summary>
    /// <returns>False where there is none and none will come.</returns>
    public bool TryTake([MaybeNullWhen(false)] out T work)
    {
        lock (_lock)
        {
            while (_work.Count == 0 && !_isComplete)
            {
                Monitor.Wait(_lock);
            }

            return _work.TryDequeue(out work);
        }
    }

    /// <summary>No more work comes.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }
}
