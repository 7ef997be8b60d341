using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Restore;

/// <summary>
/// Moves a staged tree into a standing directory entry by entry, and what it replaces into the safety copy: for a target
/// that cannot be renamed all that stands there, for an overlay what the stage has too. Each move is in the record
/// before it is done, so that all of them can be undone in reverse.
/// </summary>
internal sealed class EntrySwap : IDisposable
{
    private const int BatchSize = 256;
    private const int PrivateMode = 0x1c0;

    private readonly EntrySwapPlace _place;
    private readonly RestoreRecord _record;
    private readonly DirectoryHandle _target;
    private readonly DirectoryHandle _stage;
    private readonly EntryMetadataWriter _metadata;
    private readonly List<(RecordLine? Line, Action Do)> _batch = [];
    private readonly bool _syncsEach;
    private DirectoryHandle? _safety;

    private EntrySwap(EntrySwapPlace place, RestoreRecord record, EntryMetadataWriter metadata)
    {
        _place = place;
        _record = record;
        _metadata = metadata;
        _target = place.TargetParent.OpenDirectory(place.TargetName);
        _stage = place.Home.OpenDirectory(EntryName.FromText(place.StageName));
        _syncsEach = !_stage.TrySyncFileSystem();
    }

    /// <summary>Moves everything; on failure everything is as it was, but for the stage and the record.</summary>
    /// <param name="place">Where.</param>
    /// <param name="record">The record to write beforehand.</param>
    /// <param name="root">The metadata that the target itself shall have, or <see langword="null"/> to leave it.</param>
    /// <param name="isOverlay">Whether what the stage does not have stays.</param>
    /// <param name="reached">Is told of each step.</param>
    /// <param name="cancellation">Stops and undoes it.</param>
    /// <returns>Whether there is a safety copy.</returns>
    public static bool Install(
        EntrySwapPlace place,
        RestoreRecord record,
        ListingEntry? root,
        bool isOverlay,
        Action<string> reached,
        CancellationToken cancellation)
    {
        EntryMetadataWriter metadata;
        using (DirectoryHandle stage = place.Home.OpenDirectory(EntryName.FromText(place.StageName)))
        {
            metadata = EntryMetadataWriter.For(stage);
        }

        using EntrySwap swap = new(place, record, metadata);
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
            RollbackException.Guard(e, () => Undo(place, record));
            throw;
        }

        return swap._safety is not null;
    }

    /// <summary>Undoes, in reverse, what the record tells; what was not done yet, or is undone already, is passed over.</summary>
    public static void Undo(EntrySwapPlace place, RestoreRecord record)
    {
        // Offsets of every so many lines: the record is read from its end in pieces, never as a whole.
        List<long> pieces = [];
        int lines = 0;
        foreach ((long offset, RecordLine line) in record.Read())
        {
            if (lines++ % BatchSize == 0)
            {
                pieces.Add(offset);
            }
        }

        using DirectoryHandle target = place.TargetParent.OpenDirectory(place.TargetName);
        using DirectoryHandle? stage = TryOpen(place.Home, place.StageName);
        using DirectoryHandle? safety = TryOpen(place.Home, place.SafetyName);
        EntryMetadataWriter? metadata = stage is null ? null : EntryMetadataWriter.For(stage);
        for (int i = pieces.Count - 1; i >= 0; i--)
        {
            List<RecordLine> piece = [.. record.Read(pieces[i]).Take(BatchSize).Select(static line => line.Line)];
            piece.Reverse();
            foreach (RecordLine line in piece)
            {
                Undo(line, place, target, stage, safety, metadata, record.Path);
            }
        }

        if (!target.TrySyncFileSystem())
        {
            target.Sync();
            place.Home.Sync();
        }

        if (safety is not null)
        {
            RemoveEmpty(place.Home, EntryName.FromText(place.SafetyName));
        }
    }

    public void Dispose()
    {
        _target.Dispose();
        _stage.Dispose();
        _safety?.Dispose();
    }

    private static DirectoryHandle? TryOpen(DirectoryHandle home, string name) =>
        home.TryGetStatus(EntryName.FromText(name), out FileStatus status) && status.Type == EntryType.Directory
            ? home.OpenDirectory(EntryName.FromText(name))
            : null;

    private static void Undo(
        RecordLine line,
        EntrySwapPlace place,
        DirectoryHandle target,
        DirectoryHandle? stage,
        DirectoryHandle? safety,
        EntryMetadataWriter? metadata,
        string record)
    {
        if (line.Place is { } placed && stage is not null)
        {
            MoveBack(target, stage, PathOf(placed, record));
        }
        else if (line.Aside is { } aside && safety is not null)
        {
            MoveBack(safety, target, PathOf(aside, record));
        }
        else if (line is { Was: { } was, Entry: { } text } && metadata is not null)
        {
            ListingEntry entry = ListingReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), record).First();
            Reapply(place, target, metadata, PathOf(was, record), entry);
        }
    }

    private static TreePath PathOf(byte[] bytes, string record) =>
        TreePath.TryCreate(bytes, out TreePath path) ? path : throw RestoreRecord.Damaged(record, "a path in it leads elsewhere");

    private static void MoveBack(DirectoryHandle from, DirectoryHandle to, TreePath path)
    {
        try
        {
            using DirectoryHandle source = from.OpenPath(path.Parent);
            using DirectoryHandle destination = to.OpenPath(path.Parent);
            if (source.TryGetStatus(path.Name, out _) && !destination.TryGetStatus(path.Name, out _))
            {
                source.MoveNew(path.Name, destination, path.Name);
            }
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            // Its directory was never made: then this move was never done.
        }
    }

    private static void Reapply(
        EntrySwapPlace place, DirectoryHandle target, EntryMetadataWriter metadata, TreePath path, ListingEntry entry)
    {
        if (path.IsRoot)
        {
            metadata.Reapply(place.TargetParent, place.TargetName, target, entry);
            return;
        }

        using DirectoryHandle parent = target.OpenPath(path.Parent);
        using DirectoryHandle directory = parent.OpenDirectory(path.Name);
        metadata.Reapply(parent, path.Name, directory, entry);
    }

    // What holds something stays: it could not be moved back, because something else stands in its place.
    private static bool RemoveEmpty(DirectoryHandle parent, EntryName name)
    {
        bool isEmpty = true;
        using (DirectoryHandle directory = parent.OpenDirectory(name))
        {
            foreach (DirectoryEntry entry in directory.ReadEntries())
            {
                isEmpty &= directory.TryGetStatus(entry.Name, out FileStatus status)
                    && status.Type == EntryType.Directory
                    && RemoveEmpty(directory, entry.Name);
            }
        }

        if (isEmpty)
        {
            parent.DeleteDirectory(name);
        }

        return isEmpty;
    }

    private static ListingEntry Describe(DirectoryHandle directory)
    {
        FileStatus status = directory.GetStatus();
        bool isWindows = OperatingSystem.IsWindows();
        return new ListingEntry
        {
            Path = TreePath.Root,
            Type = EntryType.Directory,
            Modified = status.Modified,
            Mode = isWindows ? null : status.Mode,
            Uid = isWindows ? null : status.Uid,
            Gid = isWindows ? null : status.Gid,
            ExtendedAttributes = directory.GetAttributes(),
        };
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
            QueuePlace(TreePath.Root.Append(name), reached);
            cancellation.ThrowIfCancellationRequested();
        }

        if (root is not null)
        {
            Flush(reached);
            Reapply(_place, _target, _metadata, TreePath.Root, root);
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
                ListingEntry? below = metadata is null ? null : Describe(stageBelow);
                Merge(child, stageBelow, targetBelow, below, reached, cancellation);
                continue;
            }

            List<EntryName> sidecars = staged.Type == EntryType.File ? StaleSidecars(name, stage, target) : [];
            if (stands)
            {
                QueueAside(child, reached);
            }

            sidecars.ForEach(sidecar => QueueAside(path.Append(sidecar), reached));
            QueuePlace(child, reached);
        }

        if (metadata is not null)
        {
            _batch.Add((null, () => Reapply(_place, _target, _metadata, path, metadata)));
        }
    }

    /// <summary>
    /// What stands beside a file that is about to be replaced or made, and would be taken for the new database's log,
    /// or belongs to the old one.
    /// </summary>
    private static List<EntryName> StaleSidecars(EntryName name, DirectoryHandle stage, DirectoryHandle target)
    {
        List<EntryName> sidecars =
        [
            .. DatabaseFile.SidecarSuffixes
                .Select(suffix => DatabaseFile.Sidecar(name, suffix))
                .Where(sidecar => target.TryGetStatus(sidecar, out FileStatus status)
                    && status.Type == EntryType.File
                    && !stage.TryGetStatus(sidecar, out _)),
        ];
        return sidecars.Count == 0 || IsDatabase(stage, name) || sidecars.Exists(sidecar => IsLog(target, sidecar)) ? sidecars : [];
    }

    private static bool IsDatabase(DirectoryHandle directory, EntryName name) =>
        DatabaseFile.HasMagic(Head(directory, name, 16));

    // The beginnings of a write-ahead log and of a rollback journal: https://sqlite.org/fileformat2.html, 3 and 4.1
    private static bool IsLog(DirectoryHandle directory, EntryName name)
    {
        byte[] head = Head(directory, name, 8);
        return head.AsSpan().StartsWith<byte>([0x37, 0x7f, 0x06])
            || head.AsSpan().SequenceEqual<byte>([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
    }

    private static byte[] Head(DirectoryHandle directory, EntryName name, int length)
    {
        byte[] head = new byte[length];
        using FileHandle file = directory.OpenFile(name);
        return head[..file.ReadAt(head, 0)];
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
        writer.Add(Describe(directory));
        string text = Encoding.UTF8.GetString(writer.Written);
        _batch.Add((new RecordLine { Was = path.Bytes.ToArray(), Entry = text }, static () => { }));
    }

    private void QueueAside(TreePath path, Action<string> reached) =>
        Queue(new RecordLine { Aside = path.Bytes.ToArray() }, () => Move(_target, OpenSafety(path.Parent), path), reached);

    private void QueuePlace(TreePath path, Action<string> reached) =>
        Queue(new RecordLine { Place = path.Bytes.ToArray() }, () => Move(_stage, _target.OpenPath(path.Parent), path), reached);

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
            if (_syncsEach)
            {
                destination.Sync();
                source.Sync();
            }
        }
    }

    /// <summary>A directory of the safety copy, made where it is missing, private or as the target's own is.</summary>
    private DirectoryHandle OpenSafety(TreePath path)
    {
        EntryName name = EntryName.FromText(_place.SafetyName);
        if (_safety is null)
        {
            _place.Home.CreateDirectory(name, PrivateMode);
            _safety = _place.Home.OpenDirectory(name);
            CopyMetadata(_target, _place.Home, name, _safety);
        }

        DirectoryHandle safety = _safety.Retain();
        DirectoryHandle target = _target.Retain();
        try
        {
            foreach (EntryName component in path.Components())
            {
                DirectoryHandle targetBelow = target.OpenDirectory(component);
                target.Dispose();
                target = targetBelow;
                bool isNew = !safety.TryGetStatus(component, out _);
                if (isNew)
                {
                    safety.CreateDirectory(component, PrivateMode);
                }

                DirectoryHandle below = safety.OpenDirectory(component);
                if (isNew)
                {
                    CopyMetadata(target, safety, component, below);
                }

                safety.Dispose();
                safety = below;
            }

            return safety.Retain();
        }
        finally
        {
            target.Dispose();
            safety.Dispose();
        }
    }

    private void CopyMetadata(DirectoryHandle from, DirectoryHandle parent, EntryName name, DirectoryHandle directory)
    {
        ListingEntry entry = Describe(from);
        _metadata.Reapply(parent, name, directory, entry with { Mode = entry.Mode | PrivateMode });
    }

    private void Sync()
    {
        if (!_target.TrySyncFileSystem())
        {
            _target.Sync();
            _safety?.Sync();
            _place.Home.Sync();
        }
    }
}

/// <summary>Where entries are moved.</summary>
/// <param name="TargetParent">The directory of the target.</param>
/// <param name="TargetName">The target's name.</param>
/// <param name="Home">The directory of stage and safety copy: the target's, or the target itself.</param>
/// <param name="StageName">Name of the stage.</param>
/// <param name="SafetyName">Name of the safety copy.</param>
internal sealed record EntrySwapPlace(
    DirectoryHandle TargetParent, EntryName TargetName, DirectoryHandle Home, string StageName, string SafetyName);
