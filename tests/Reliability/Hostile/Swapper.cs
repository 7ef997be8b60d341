using BackupTools.Core.FileSystem;

namespace BackupTools.Reliability.Hostile;

/// <summary>Exchanges two names again and again, each time in one step, while something else looks at them.</summary>
internal sealed class Swapper : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private long _swaps;

    /// <summary>Begins with names of one directory, pair after pair.</summary>
    public Swapper(string directory, IReadOnlyList<(string One, string Other)> pairs)
    {
        _work = Task.Factory.StartNew(
            () =>
            {
                using DirectoryHandle handle = DirectoryHandle.Open(directory);
                while (!_stop.IsCancellationRequested)
                {
                    foreach ((string one, string other) in pairs)
                    {
                        try
                        {
                            handle.Rename(EntryName.FromText(one), handle, EntryName.FromText(other), RenameMode.Exchange);
                            Interlocked.Increment(ref _swaps);
                        }
                        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
                        {
                            // What looks at them moves one of them away, and puts another in its place.
                        }
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    public long Swaps => Interlocked.Read(ref _swaps);

    public void Dispose()
    {
        _stop.Cancel();
        _work.GetAwaiter().GetResult();
        _stop.Dispose();
    }
}
