using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Directories;

/// <summary>One name that the walk found, on its way to a line of the listing.</summary>
internal sealed class TreeItem
{
    private bool _released;

    /// <summary>The directory that holds it; absent for directories, which need no copying.</summary>
    public TreeDirectory? Directory { get; init; }

    public EntryName Name { get; init; }

    public required TreePath Path { get; init; }

    /// <summary>What the walk saw, links not followed.</summary>
    public required FileStatus Status { get; init; }

    /// <summary>The line, once it is known; absent for what vanished or could not be read.</summary>
    public ListingEntry? Entry { get; set; }

    /// <summary>Set where others wait to hear how this item went: a first name of several, a database with sidecars.</summary>
    public ItemOutcome? Outcome { get; init; }

    /// <summary>The earlier item that is the same file.</summary>
    public TreeItem? FirstName { get; init; }

    /// <summary>The earlier item whose sidecar this is, if that turns out to be a database.</summary>
    public TreeItem? SidecarOf { get; init; }

    /// <summary>Whether a file <c>-wal</c> stands beside it.</summary>
    public bool HasLog { get; init; }

    /// <summary>Lets go of the directory; later names of the same file may then no longer use it.</summary>
    public void ReleaseDirectory()
    {
        if (!_released)
        {
            _released = true;
            Directory?.Dispose();
        }
    }
}

/// <summary>What became of an item.</summary>
internal enum ItemFate
{
    /// <summary>Copied as a plain file.</summary>
    Copied,

    /// <summary>Captured as a database: its sidecars are part of that.</summary>
    Captured,

    /// <summary>Not there, or not readable.</summary>
    Missing,
}

/// <summary>Lets a worker wait for an item that an earlier batch holds; earlier batches never wait for later ones.</summary>
internal sealed class ItemOutcome
{
    private readonly TaskCompletionSource<ItemFate> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set(ItemFate fate) => _completion.TrySetResult(fate);

    public ItemFate Wait(CancellationToken cancellation)
    {
        _completion.Task.Wait(cancellation);
        return _completion.Task.Result;
    }
}

/// <summary>Some items in a row, copied by one worker.</summary>
internal sealed class TreeBatch
{
    /// <summary>Enough to make handing over cheap, few enough to keep several workers busy.</summary>
    public const int MaxItems = 64;

    /// <summary>A batch of large files ends early, so that they are copied side by side.</summary>
    public const long MaxBytes = 1024 * 1024;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<TreeItem> Items { get; } = new(MaxItems);

    public List<SnapshotProblem> Errors { get; } = [];

    /// <summary>The items' part of the listing, made by the worker.</summary>
    public IListingPart? Listing { get; set; }

    public void Complete() => _done.TrySetResult();

    public void Fail(Exception error) => _done.TrySetException(error);

    /// <summary>Waits until the batch is copied; throws what its worker threw.</summary>
    public void Wait(CancellationToken cancellation)
    {
        try
        {
            _done.Task.Wait(cancellation);
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException!);
        }
    }
}
