using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Sources.Directories;

/// <summary>
/// Walks a source in the order of its listing, depth first, and makes the payload's directories on the way. Memory
/// holds the names of one directory at each depth, and the hard-linked files whose other names are still to come.
/// </summary>
internal sealed class TreeWalker
{
    private static readonly EntryName s_cacheTag = EntryName.FromText("CACHEDIR.TAG");

    private readonly TreeExclusions _exclusions;
    private readonly EntryMetadata _metadata;
    private readonly Action<SnapshotProblem> _error;
    private readonly Action<SnapshotProblem> _skipped;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<FileIdentity, LinkedFile> _linked = [];

    /// <summary>Prepares a walk.</summary>
    /// <param name="exclusions">What to leave out.</param>
    /// <param name="metadata">Makes the directories' entries.</param>
    /// <param name="error">Hears of what cannot be read.</param>
    /// <param name="skipped">Hears of what is left out by itself.</param>
    /// <param name="cancellation">Ends the walk.</param>
    public TreeWalker(
        TreeExclusions exclusions,
        EntryMetadata metadata,
        Action<SnapshotProblem> error,
        Action<SnapshotProblem> skipped,
        CancellationToken cancellation)
    {
        _exclusions = exclusions;
        _metadata = metadata;
        _error = error;
        _skipped = skipped;
        _cancellation = cancellation;
    }

    /// <summary>All items in order, the root first. Each item holds its directory; whoever takes it disposes that.</summary>
    public IEnumerable<TreeItem> Walk(TreeDirectory root)
    {
        FileStatus status = root.Source.GetStatus();
        yield return new TreeItem
        {
            Path = TreePath.Root,
            Status = status,
            Entry = _metadata.Create(TreePath.Root, status, root.Source.GetAttributes()),
        };

        Stack<Level> levels = new();
        levels.Push(Open(root.Retain()));
        try
        {
            while (levels.TryPeek(out Level? level))
            {
                _cancellation.ThrowIfCancellationRequested();
                if (!level.TryNext(out EntryName name))
                {
                    levels.Pop().Directory.Dispose();
                    continue;
                }

                TreeItem? item = Look(level, name, out TreeDirectory? child);
                if (child is not null)
                {
                    levels.Push(Open(child));
                }

                if (item is not null)
                {
                    yield return item;
                }
            }
        }
        finally
        {
            while (levels.TryPop(out Level? level))
            {
                level.Directory.Dispose();
            }
        }
    }

    private Level Open(TreeDirectory directory)
    {
        List<EntryName> names = [];
        try
        {
            foreach (DirectoryEntry entry in directory.Source.ReadEntries())
            {
                names.Add(entry.Name);
            }
        }
        catch (FileSystemException e)
        {
            _error(new SnapshotProblem(directory.Path.Text, e.Reason));
        }

        if (_exclusions.IsCache(directory.Source))
        {
            names = [s_cacheTag];
        }

        names.Sort();
        return new Level(directory, names);
    }

    private TreeItem? Look(Level level, EntryName name, out TreeDirectory? child)
    {
        child = null;
        TreeDirectory directory = level.Directory;
        TreePath path = directory.Path.Append(name);
        FileStatus status;
        try
        {
            if (!directory.Source.TryGetStatus(name, out status))
            {
                // It vanished since the directory was read.
                return null;
            }
        }
        catch (FileSystemException e)
        {
            _error(new SnapshotProblem(path.Text, e.Reason));
            return null;
        }

        if (_exclusions.IsExcluded(path, status.Type))
        {
            return null;
        }

        if (_exclusions.ReasonToSkip(directory.Source, name, status) is { } reason)
        {
            _skipped(new SnapshotProblem(path.Text, reason));
            return null;
        }

        return status.Type == EntryType.Directory
            ? LookAtDirectory(directory, name, path, status, out child)
            : LookAtLeaf(level, name, path, status);
    }

    private TreeItem? LookAtDirectory(
        TreeDirectory parent, EntryName name, TreePath path, FileStatus status, out TreeDirectory? child)
    {
        child = null;
        ListingEntry entry;
        DirectoryHandle? handle = null;
        try
        {
            handle = parent.Source.OpenDirectory(name);
            status = handle.GetStatus();
            entry = _metadata.Create(path, status, handle.GetAttributes());
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            return null;
        }
        catch (FileSystemException e)
        {
            handle?.Dispose();
            handle = null;
            _error(new SnapshotProblem(path.Text, e.Reason));
            entry = _metadata.Create(path, status, []);
        }

        try
        {
            Stores.IPayloadDirectory payload = parent.Payload.CreateDirectory(name);
            if (handle is null)
            {
                payload.Dispose();
            }
            else
            {
                child = new TreeDirectory(handle, payload, path, parent.FullPathOf(name));
                handle = null;
            }
        }
        finally
        {
            handle?.Dispose();
        }

        return new TreeItem { Path = path, Status = status, Entry = entry };
    }

    private TreeItem LookAtLeaf(Level level, EntryName name, TreePath path, FileStatus status)
    {
        TreeItem? firstName = null;
        bool isFirstOfSeveral = false;
        if (status is { Type: EntryType.File, LinkCount: > 1 })
        {
            if (_linked.TryGetValue(status.Identity, out LinkedFile? linked))
            {
                firstName = linked.First;
                if (--linked.NamesToCome == 0)
                {
                    _linked.Remove(status.Identity);
                }
            }
            else
            {
                isFirstOfSeveral = true;
            }
        }

        bool hasSidecars = level.SidecarBases.ContainsKey(name);
        TreeItem item = new()
        {
            Directory = level.Directory.Retain(),
            Name = name,
            Path = path,
            Status = status,
            FirstName = firstName,
            SidecarOf = level.BaseOf(name),
            HasLog = hasSidecars && level.Contains(DatabaseFile.Sidecar(name, "-wal")),
            Outcome = isFirstOfSeveral || hasSidecars ? new ItemOutcome() : null,
        };
        if (isFirstOfSeveral)
        {
            _linked.Add(status.Identity, new LinkedFile(item) { NamesToCome = status.LinkCount - 1 });
        }

        if (hasSidecars && status.Type == EntryType.File)
        {
            level.SidecarBases[name] = item;
        }

        return item;
    }

    private sealed class LinkedFile(TreeItem first)
    {
        public TreeItem First { get; } = first;

        public uint NamesToCome { get; set; }
    }

    /// <summary>A directory being walked.</summary>
    private sealed class Level
    {
        private readonly List<EntryName> _names;
        private int _next;

        public Level(TreeDirectory directory, List<EntryName> names)
        {
            Directory = directory;
            _names = names;
            foreach (EntryName name in names)
            {
                if (SidecarBase(name) is { } database && Contains(database))
                {
                    SidecarBases[database] = null;
                }
            }
        }

        public TreeDirectory Directory { get; }

        /// <summary>Names that have files beside them that are named like sidecars, with the item once it was met.</summary>
        public Dictionary<EntryName, TreeItem?> SidecarBases { get; } = [];

        public bool Contains(EntryName name) => _names.BinarySearch(name) >= 0;

        public bool TryNext(out EntryName name)
        {
            name = _next < _names.Count ? _names[_next] : default;
            return _next++ < _names.Count;
        }

        public TreeItem? BaseOf(EntryName name) =>
            SidecarBases.Count > 0 && SidecarBase(name) is { } database && SidecarBases.TryGetValue(database, out TreeItem? item)
                ? item
                : null;

        private static EntryName? SidecarBase(EntryName name)
        {
            ReadOnlySpan<byte> bytes = name.Bytes;
            int dash = bytes.LastIndexOf((byte)'-');
            if (dash <= 0)
            {
                return null;
            }

            EntryName database = EntryName.FromBytes(bytes[..dash]);
            return DatabaseFile.IsSidecarOf(name, database) ? database : null;
        }
    }
}
