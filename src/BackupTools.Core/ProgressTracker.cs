namespace BackupTools.Core;

/// <summary>Counts what a run does, from any thread, and tells the observer a few times a second.</summary>
internal sealed class ProgressTracker
{
    private const long IntervalMilliseconds = 200;

    private readonly IRunObserver _observer;
    private readonly Lock _gate = new();
    private long _bytes;
    private long _entries;
    private long _nextReport;

    public ProgressTracker(IRunObserver observer) => _observer = observer;

    /// <summary>What is being done, such as "Copying".</summary>
    public string Activity { get; private set; } = string.Empty;

    /// <summary>Bytes to do in all, where known.</summary>
    public long? Total { get; private set; }

    /// <summary>Begins a new activity, with counts from zero.</summary>
    public void Begin(string activity, long? total = null)
    {
        lock (_gate)
        {
            Activity = activity;
            Total = total;
            Interlocked.Exchange(ref _bytes, 0);
            Interlocked.Exchange(ref _entries, 0);
        }
    }

    /// <summary>Counts bytes and entries as done.</summary>
    /// <param name="item">The item at hand; made into text only when it is told.</param>
    /// <param name="bytes">Bytes done since the last call.</param>
    /// <param name="entries">Entries done since the last call.</param>
    public void Add<T>(T item, long bytes, long entries = 0)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _entries, entries);
        long now = Environment.TickCount64;
        if (now < Interlocked.Read(ref _nextReport))
        {
            return;
        }

        lock (_gate)
        {
            if (now >= Interlocked.Read(ref _nextReport))
            {
                Interlocked.Exchange(ref _nextReport, now + IntervalMilliseconds);
                _observer.OnProgress(new ProgressReport(
                    Activity, item?.ToString() ?? string.Empty, Interlocked.Read(ref _bytes), Total, Interlocked.Read(ref _entries)));
            }
        }
    }

    /// <summary>Tells a decision.</summary>
    public void Verbose(string message, string? path = null) => Tell(new Notice(NoticeLevel.Verbose, message, path));

    /// <summary>Tells a risk.</summary>
    public void Warn(string message, string? path = null) => Tell(new Notice(NoticeLevel.Warning, message, path));

    private void Tell(Notice notice)
    {
        lock (_gate)
        {
            _observer.OnNotice(notice);
        }
    }
}
