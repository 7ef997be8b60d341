using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>
/// Files on their way to the workers that write them: in batches, of which so many wait at most. The first failure, of a
/// worker or of who fills the queue, stops everybody.
/// </summary>
internal sealed class StagingQueue : IDisposable
{
    private const int BatchSize = 32;
    private const int QueuedBatches = 16;

    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _stop;
    private readonly BlockingCollection<List<StagedFile>> _queue = new(QueuedBatches);
    private readonly ConcurrentDictionary<TreePath, bool> _pending = new();
    private List<StagedFile> _batch = [];
    private Task[] _workers = [];
    private ExceptionDispatchInfo? _failure;

    /// <summary>Makes an empty one.</summary>
    /// <param name="cancellation">Stops it.</param>
    public StagingQueue(CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    }

    /// <summary>Set on cancellation and on failure.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Starts the workers.</summary>
    /// <param name="stage">Writes a file; gets a buffer of its worker's.</param>
    public void Start(Action<StagedFile, byte[]> stage)
    {
        int workers = Math.Clamp(Environment.ProcessorCount, 2, 4);
        _workers = [.. Enumerable.Range(0, workers).Select(_ => Task.Factory.StartNew(
            () => Work(stage), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
    }

    /// <summary>Adds a file; its directory stays open until it is written.</summary>
    public void Add(ListingEntry entry, ListingEntry content, StagedDirectory directory)
    {
        _pending[entry.Path] = true;
        _batch.Add(new StagedFile(entry, content, directory.Hold()));
        if (_batch.Count == BatchSize || entry.Bytes > ContentCopy.SmallFile)
        {
            Send();
        }
    }

    /// <summary>Hands what was added to the workers.</summary>
    public void Send()
    {
        if (_batch.Count > 0)
        {
            _queue.Add(_batch, _stop.Token);
            _batch = [];
        }
    }

    /// <summary>Waits until a file that was added is written.</summary>
    public void WaitFor(TreePath path)
    {
        Send();
        SpinWait spin = default;
        while (_pending.ContainsKey(path))
        {
            _stop.Token.ThrowIfCancellationRequested();
            spin.SpinOnce();
        }
    }

    /// <summary>Waits for the workers; what was not sent is let go.</summary>
    public void Finish()
    {
        _queue.CompleteAdding();
        _batch.ForEach(file => Guarded(file.Directory.Release));
        Task.WaitAll(_workers, CancellationToken.None);
    }

    /// <summary>Throws what stopped it, if anything did.</summary>
    public void ThrowIfFailed()
    {
        _cancellation.ThrowIfCancellationRequested();
        _failure?.Throw();
    }

    /// <summary>Does something whose failure stops everybody.</summary>
    public void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Stops everybody; of several failures the first is told.</summary>
    public void Fail(Exception e)
    {
        Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        _stop.Cancel();
    }

    public void Dispose()
    {
        _queue.Dispose();
        _stop.Dispose();
    }

    private void Work(Action<StagedFile, byte[]> stage)
    {
        byte[] buffer = new byte[ContentCopy.SmallFile + 1];
        foreach (List<StagedFile> batch in _queue.GetConsumingEnumerable())
        {
            foreach (StagedFile file in batch)
            {
                if (!_stop.IsCancellationRequested)
                {
                    Guarded(() => stage(file, buffer));
                }

                _pending.TryRemove(file.Entry.Path, out _);
                Guarded(file.Directory.Release);
            }
        }
    }
}
