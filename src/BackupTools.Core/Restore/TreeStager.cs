using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>
/// Builds a directory snapshot's tree in a private directory: directories and links in the listing's order by the caller's
/// thread, files by a few workers, each file hashed as it is written. Memory does not grow with the tree: at any time
/// there are the directories from the root to the current one and a bounded queue of files.
/// </summary>
internal sealed class TreeStager : IDisposable
{
    private const int PrivateMode = 0x1c0;

    private readonly ISnapshotReader _reader;
    private readonly IncludeSelection? _selection;
    private readonly ProgressTracker _tracker;
    private readonly StagingRules _rules;
    private readonly StagingQueue _queue;
    private readonly Stack<Level> _levels = new();
    private readonly Dictionary<TreePath, ListingEntry> _omittedFirstNames = [];
    private EntryMetadataWriter? _metadata;
    private FileStager? _files;
    private LinkStager? _links;
    private long _entries;

    /// <summary>Prepares it.</summary>
    /// <param name="reader">The snapshot.</param>
    /// <param name="selection">Which part; <see langword="null"/> means all.</param>
    /// <param name="rules">How strict, and who wants to hear of entries.</param>
    /// <param name="tracker">Counts bytes and entries.</param>
    /// <param name="cancellation">Stops it.</param>
    public TreeStager(
        ISnapshotReader reader, IncludeSelection? selection, StagingRules rules, ProgressTracker tracker, CancellationToken cancellation)
    {
        _reader = reader;
        _selection = selection;
        _rules = rules;
        _tracker = tracker;
        _queue = new StagingQueue(cancellation);
    }

    /// <summary>Fills the stage.</summary>
    /// <param name="home">The directory that holds the stage.</param>
    /// <param name="stageName">Name of the stage, an empty directory.</param>
    public StagedTree Run(DirectoryHandle home, EntryName stageName)
    {
        using DirectoryHandle stage = home.OpenDirectory(stageName);
        _metadata = EntryMetadataWriter.For(stage);
        _files = new FileStager(_reader, _metadata, _rules, _tracker, _queue.Stopped);
        _links = new LinkStager(_metadata, _files);
        _queue.Start(_files.Stage);
        ListingEntry? root = null;
        try
        {
            foreach (ListingEntry entry in _reader.ReadEntries(verifyListing: !_rules.SkipVerify))
            {
                _queue.Stopped.ThrowIfCancellationRequested();
                root ??= entry;
                Take(entry, home, stage, stageName);
            }

            _queue.Send();
        }
        catch (Exception e)
        {
            _queue.Fail(e);
        }
        finally
        {
            while (_levels.TryPop(out Level? level))
            {
                _queue.Guarded(() => level.Directory?.Release());
            }

            _queue.Finish();
        }

        _queue.ThrowIfFailed();
        _metadata.Report(_tracker);
        _links.Report(_tracker);
        foreach (SnapshotProblem problem in _reader.LeftOut.Concat(_reader.Lost))
        {
            _tracker.Warn($"Not restored: '{problem.Path}': {problem.Reason}", problem.Path);
        }

        return new StagedTree(root!, _files.Bytes, _entries, _links.NotMade + _reader.Lost.Count, _files.IsVerified);
    }

    public void Dispose() => _queue.Dispose();

    private void Take(ListingEntry entry, DirectoryHandle home, DirectoryHandle stage, EntryName stageName)
    {
        while (_levels.TryPeek(out Level? top) && !top.Entry.Path.Equals(entry.Path.Parent))
        {
            _levels.Pop();
            top.Directory?.Release();
        }

        if (entry.Path.IsRoot)
        {
            Level root = new(entry, null);
            _levels.Push(root);
            root.Directory = new StagedDirectory(null, stage.Retain(), entry, root => Complete(root, home, stageName));
            _rules.OnEntry?.Invoke(entry);
            return;
        }

        if (!_levels.TryPeek(out Level? parent))
        {
            throw RestoreErrors.Damaged(_reader.Snapshot, $"'{entry.Path}' stands in no directory of the listing");
        }

        if (_selection?.IsOmittedFirstName(entry.Path) == true)
        {
            _omittedFirstNames[entry.Path] = entry;
        }

        bool isIncluded = _selection is null || _selection.Contains(entry);
        if (entry.Type == EntryType.Directory)
        {
            Level level = new(entry, parent);
            _levels.Push(level);
            if (isIncluded)
            {
                Materialize(level);
                _rules.OnEntry?.Invoke(entry);
                _tracker.Add(entry.Path, 0, 1);
            }
        }
        else if (isIncluded)
        {
            _entries++;
            _rules.OnEntry?.Invoke(entry);
            TakeFileOrLink(entry, Materialize(parent));
        }
    }

    private void TakeFileOrLink(ListingEntry entry, StagedDirectory directory)
    {
        if (entry.Type == EntryType.Symlink)
        {
            _entries -= _links!.TryStage(entry, directory.Handle) ? 0 : 1;
            _tracker.Add(entry.Path, 0, 1);
            return;
        }

        if (entry.HardLink is not { } first)
        {
            _queue.Add(entry, entry, directory);
            return;
        }

        TreePath restoredAs = _selection?.RestoredName(first) ?? first;
        if (!restoredAs.Equals(entry.Path))
        {
            Link(entry, restoredAs, directory);
        }
        else if (_omittedFirstNames.Remove(first, out ListingEntry? content))
        {
            _queue.Add(content with { Path = entry.Path }, content, directory);
        }
        else
        {
            throw RestoreErrors.Damaged(_reader.Snapshot, $"'{entry.Path}' is a hard link to '{first}', which is no file of it");
        }
    }

    private void Link(ListingEntry entry, TreePath first, StagedDirectory directory)
    {
        _queue.WaitFor(first);
        using DirectoryHandle root = _levels.Last().Directory!.Handle.Retain();
        using DirectoryHandle from = root.OpenPath(first.Parent);
        if (!from.TryGetStatus(first.Name, out FileStatus status) || status.Type != EntryType.File)
        {
            throw RestoreErrors.Damaged(_reader.Snapshot, $"'{entry.Path}' is a hard link to '{first}', which is no file of it");
        }

        _links!.StageName(entry, directory.Handle, from, first.Name);
        _tracker.Add(entry.Path, 0, 1);
    }

    private StagedDirectory Materialize(Level level)
    {
        if (level.Directory is { } made)
        {
            return made;
        }

        StagedDirectory parent = Materialize(level.Parent!);
        EntryName name = level.Entry.Path.Name;
        parent.Handle.CreateNewDirectory(name, PrivateMode);
        level.Directory = new StagedDirectory(
            parent, parent.Handle.OpenDirectory(name), level.Entry, directory => Complete(directory, directory.ParentHandle!, name));
        return level.Directory;
    }

    private void Complete(StagedDirectory directory, DirectoryHandle parent, EntryName name)
    {
        if (!_queue.Stopped.IsCancellationRequested && (_rules.CompleteRoot || !directory.Entry.Path.IsRoot))
        {
            _metadata!.Apply(parent, name, directory.Handle, directory.Entry);
        }
    }

    private sealed class Level(ListingEntry entry, Level? parent)
    {
        public ListingEntry Entry { get; } = entry;

        public Level? Parent { get; } = parent;

        /// <summary>Absent until something in it, or the directory itself, is to be restored.</summary>
        public StagedDirectory? Directory { get; set; }
    }
}
