using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>
/// A directory of a stage while it is filled. Held by whoever still has something to put into it, its sub-directories
/// among them; when the last one lets go it gets its metadata and is closed.
/// </summary>
internal sealed class StagedDirectory
{
    private readonly StagedDirectory? _parent;
    private readonly Action<StagedDirectory> _complete;
    private int _holders = 1;

    public StagedDirectory(StagedDirectory? parent, DirectoryHandle handle, ListingEntry entry, Action<StagedDirectory> complete)
    {
        _parent = parent?.Hold();
        Handle = handle;
        Entry = entry;
        _complete = complete;
    }

    public DirectoryHandle Handle { get; }

    public ListingEntry Entry { get; }

    public DirectoryHandle? ParentHandle => _parent?.Handle;

    public StagedDirectory Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
        {
            return;
        }

        try
        {
            _complete(this);
        }
        finally
        {
            Handle.Dispose();
            _parent?.Release();
        }
    }
}
