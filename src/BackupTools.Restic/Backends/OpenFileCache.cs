using Microsoft.Win32.SafeHandles;

namespace BackupTools.Restic.Backends;

/// <summary>
/// Files that were read lately stay open: a restore reads thousands of blobs from each pack, and opening one costs more
/// than reading one.
/// </summary>
internal sealed class OpenFileCache(Func<string, SafeFileHandle> open) : IDisposable
{
    private const int Limit = 32;
    private readonly Lock _lock = new();
    private readonly LinkedList<OpenFile> _recent = new();
    private readonly Dictionary<string, LinkedListNode<OpenFile>> _files = new(StringComparer.Ordinal);

    /// <summary>Opens a file, or takes one that is open.</summary>
    public Lease Open(string path)
    {
        lock (_lock)
        {
            if (_files.TryGetValue(path, out LinkedListNode<OpenFile>? node))
            {
                _recent.Remove(node);
            }
            else
            {
                node = new LinkedListNode<OpenFile>(new OpenFile(path, open(path)));
                if (_recent.Count == Limit)
                {
                    Forget(_recent.Last!);
                }

                _files.Add(path, node);
            }

            _recent.AddFirst(node);
            node.Value.Users++;
            return new Lease(this, node.Value);
        }
    }

    /// <summary>Lets go of a file, so that it can be removed.</summary>
    public void Close(string path)
    {
        lock (_lock)
        {
            if (_files.TryGetValue(path, out LinkedListNode<OpenFile>? node))
            {
                Forget(node);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            while (_recent.Last is LinkedListNode<OpenFile> node)
            {
                Forget(node);
            }
        }
    }

    private void Forget(LinkedListNode<OpenFile> node)
    {
        _recent.Remove(node);
        _files.Remove(node.Value.Path);
        node.Value.IsForgotten = true;
        CloseIfUnused(node.Value);
    }

    private static void CloseIfUnused(OpenFile file)
    {
        if (file is { IsForgotten: true, Users: 0 })
        {
            file.Handle.Dispose();
        }
    }

    /// <summary>The use of an open file.</summary>
    public readonly ref struct Lease
    {
        private readonly OpenFileCache _cache;
        private readonly OpenFile _file;

        internal Lease(OpenFileCache cache, OpenFile file)
        {
            _cache = cache;
            _file = file;
        }

        public SafeFileHandle Handle => _file.Handle;

        public void Dispose()
        {
            lock (_cache._lock)
            {
                _file.Users--;
                CloseIfUnused(_file);
            }
        }
    }

    /// <summary>An open file, and who is reading it.</summary>
    internal sealed class OpenFile(string path, SafeFileHandle handle)
    {
        public string Path => path;

        public SafeFileHandle Handle => handle;

        public int Users { get; set; }

        public bool IsForgotten { get; set; }
    }
}
