using System.Collections.Concurrent;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Stores;

/// <summary>Reads a payload's files again, a few at a time, and compares their hashes with the listing's.</summary>
internal sealed class PayloadHashing : IDisposable
{
    private const int Queued = 512;

    private readonly FolderSnapshotReader _reader;
    private readonly Findings _findings;
    private readonly ProgressTracker _tracker;
    private readonly CancellationToken _cancellation;
    private readonly BlockingCollection<ListingEntry> _queue = new(Queued);
    private readonly Task[] _workers;

    public PayloadHashing(FolderSnapshotReader reader, Findings findings, ProgressTracker tracker, CancellationToken cancellation)
    {
        _reader = reader;
        _findings = findings;
        _tracker = tracker;
        _cancellation = cancellation;
        _workers = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 2, 4)).Select(_ => Task.Factory.StartNew(
            Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
    }

    public void Add(ListingEntry entry) => _queue.Add(entry, _cancellation);

    /// <summary>Waits until all are done.</summary>
    public void Wait()
    {
        _queue.CompleteAdding();
        Task.WaitAll(_workers, CancellationToken.None);
        _cancellation.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        Task.WaitAll(_workers, CancellationToken.None);
        _queue.Dispose();
    }

    private void Work()
    {
        byte[] buffer = new byte[ContentCopy.SmallFile + 1];
        foreach (ListingEntry entry in _queue.GetConsumingEnumerable())
        {
            if (_cancellation.IsCancellationRequested)
            {
                continue;
            }

            try
            {
                if (Hash(entry, buffer) != entry.Sha256)
                {
                    _findings.Fail($"'{entry.Path}' is not what the listing says: its SHA-256 differs");
                }
            }
            catch (OperationCanceledException)
            {
                // Wait tells of it.
            }
            catch (Exception e) when (e is BackupException or IOException)
            {
                _findings.Fail($"'{entry.Path}' cannot be read: {e.Message}");
            }
        }
    }

    private string? Hash(ListingEntry entry, byte[] buffer)
    {
        CopiedContent read = _reader.Copy(
            entry, null, new ContentCopy(buffer, WriteMethod.Inline, count => _tracker.Add(entry.Path, count), _cancellation));
        _tracker.Add(entry.Path, 0, 1);
        return read.Sha256;
    }
}
