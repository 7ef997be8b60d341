using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>
/// Moves a staged tree into a standing directory entry by entry, and what it replaces into the safety copy: for a target
/// that cannot be renamed all that stands there, for an overlay what the stage has too. Each move is in the record
/// before it is done, so that <see cref="EntrySwapUndo"/> can undo all of them.
/// </summary>
internal sealed class EntrySwap : IDisposable
{
    private const int BatchSize = 256;

    private readonly EntrySwapPlace _place;
    private readonly RestoreRecord _record;
    private readonly DirectoryHandle _target;
    private readonly DirectoryHandle _stage;
    private readonly EntryMetadataWriter _metadata;
    private readonly List<(RecordLine? Line, Action Do)> _batch = [];
    private readonly SafetyTree _safety;

    private EntrySwap(EntrySwapPlace place, RestoreRecord record)
    {
        _place = place;
        _record = record;
        _target = place.TargetParent.OpenDirectory(place.TargetName);
        _stage = place.Home.OpenDirectory(EntryName.FromText(place.StageName));
        _metadata = EntryMetadataWriter.ForStanding(isExact: false);
        _safety = new SafetyTree(place, _target, _metadata);
    }

    /// <summary>Moves everything; on failure everything is as it was, but for the stage and the record.</summary>
    /// <param name="place">Where.</param>
    /// <param name="record">The record to write beforehand.</param>
    /// <param name="root">The metadata that the target itself shall have, or <see langword="null"/> to leave it.</param>
    /// <param name="isOverlay">Whether what the stage does not have stays.</param>
    /// <param name="tracker">Is told what of directories' metadata could not be kept.</param>
    /// <param name="reached">Is told of each step.</param>
    /// <param name="cancellation">Stops and undoes it.</param>
    /// <returns>Whether there is a safety copy.</returns>
    public static bool Install(
        EntrySwapPlace place,
        RestoreRecord record,
        ListingEntry? root,
        bool isOverlay,
        ProgressTracker tracker,
        Action<string> reached,
        CancellationToken cancellation)
    {
        using EntrySwap swap = new(place, record);
        record.Add(new RecordLine { Safety = place.SafetyName });
        record.Flush();
        place.Home.Sync();
        try
        {
            reached("recorded");
            if (isOverlay)
            {
                swap.Merge(TreePath.Root, swap._stage, swap._target, root, reached, cancellation);
            }
            else
            {
                swap.ReplaceAll(root, reached, cancellation);
            }

            swap.Flush(reached);
            swap.Sync();
            reached("installed");
            record.Add(new RecordLine { Done = true });
            record.Flush();
            reached("done");
        }
        catch (Exception e)
        {
            RollbackException.Guard(e, () => EntrySwapUndo.Run(place, record).ThrowUnlessEmpty());
            throw;
        }

        swap._metadata.Report(tracker);
        return swap._safety.IsMade;
    }

    public void Dispose()
    {
        _target.Dispose();
        _stage.Dispose();
        _safety.Dispose();
    }

    private void ReplaceAll(ListingEntry? root, Action<string> reached, CancellationToken cancellation)
    {
        QueueMetadataOf(TreePath.Root, _target);
        foreach (EntryName name in Names(_target))
        {
            if (!RestoreNames.IsWork(name) && !RestoreNames.IsSafetyCopyOf(name, _place.TargetName.Text))
            {
                QueueAside(TreePath.Root.Append(name), reached);
            }

            cancellation.ThrowIfCancellationRequested();
        }

        Flush(reached);
        reached("aside");
        foreach (EntryName name in Names(_stage))
        {
            if (_stage.TryGetStatus(name, out FileStatus staged))
            {
                QueuePlace(TreePath.Root.Append(name), staged, reached);
            }

            cancellation.ThrowIfCancellationRequested();
        }

        if (root is not null)
        {
            Flush(reached);
            _place.Reapply(_target, _metadata, TreePath.Root, root);
        }
    }

    private void Merge(
        TreePath path,
        DirectoryHandle stage,
        DirectoryHandle target,
        ListingEntry? metadata,
        Action<string> reached,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        QueueMetadataOf(path, target);
        foreach (EntryName name in Names(stage))
        {
            TreePath child = path.Append(name);
            stage.TryGetStatus(name, out FileStatus staged);
            bool stands = target.TryGetStatus(name, out FileStatus standing);
            if (stands && staged.Type == EntryType.Directory && standing.Type == EntryType.Directory)
            {
                using DirectoryHandle stageBelow = stage.OpenDirectory(name);
                using DirectoryHandle targetBelow = target.OpenDirectory(name);
                ListingEntry? below = metadata is null ? null : EntrySwapPlace.Describe(stageBelow);
                Merge(child, stageBelow, targetBelow, below, reached, cancellation);
                continue;
            }

            List<EntryName> sidecars = staged.Type == EntryType.File ? StaleSidecars.Of(name, stage, target) : [];
            if (stands)
            {
                QueueAside(child, reached);
            }

            sidecars.ForEach(sidecar => QueueAside(path.Append(sidecar), reached));
            QueuePlace(child, staged, reached);
        }

        if (metadata is not null)
        {
            _batch.Add((null, () => _place.Reapply(_target, _metadata, path, metadata)));
        }
    }

    private static List<EntryName> Names(DirectoryHandle directory)
    {
        List<EntryName> names = directory.ReadEntries().ConvertAll(static entry => entry.Name);
        names.Sort();
        return names;
    }

    private void QueueMetadataOf(TreePath path, DirectoryHandle directory)
    {
        using ListingWriter writer = new();
        writer.Add(EntrySwapPlace.Describe(directory));
        string text = Encoding.UTF8.GetString(writer.Written);
        RecordLine line = new() { Was = path.Bytes.ToArray(), Inode = EntrySwapPlace.InodeOf(directory.GetStatus()), Entry = text };
        _batch.Add((line, static () => { }));
    }

    private void QueueAside(TreePath path, Action<string> reached) =>
        Queue(new RecordLine { Aside = path.Bytes.ToArray() }, () => Move(_target, _safety.Open(path.Parent), path), reached);

    private void QueuePlace(TreePath path, in FileStatus staged, Action<string> reached)
    {
        RecordLine line = new() { Place = path.Bytes.ToArray(), Inode = EntrySwapPlace.InodeOf(staged) };
        Queue(line, () => Move(_stage, _target.OpenPath(path.Parent), path), reached);
    }

    private void Queue(RecordLine line, Action action, Action<string> reached)
    {
        _batch.Add((line, action));
        if (_batch.Count >= BatchSize)
        {
            Flush(reached);
        }
    }

    private void Flush(Action<string> reached)
    {
        foreach ((RecordLine? line, _) in _batch)
        {
            if (line is not null)
            {
                _record.Add(line);
            }
        }

        _record.Flush();
        reached("batch recorded");
        foreach ((RecordLine? line, Action action) in _batch)
        {
            action();
            if (line is { Aside: not null } or { Place: not null })
            {
                reached("moved");
            }
        }

        _batch.Clear();
    }

    // Takes over the destination's handle.
    private void Move(DirectoryHandle from, DirectoryHandle destination, TreePath path)
    {
        using (destination)
        {
            using DirectoryHandle source = from.OpenPath(path.Parent);
            source.MoveNew(path.Name, destination, path.Name);
            if (_place.SyncsEach)
            {
                destination.Sync();
                source.Sync();
            }
        }
    }

    private void Sync()
    {
        if (!_target.TrySyncFileSystem())
        {
            _target.Sync();
            _safety.Sync();
            _place.Home.Sync();
        }
    }
}
