using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>
/// Undoes an <see cref="EntrySwap"/> that failed or was killed, as far as names have stayed what they were: no link is
/// followed, nothing that others made is moved or replaced, and what cannot be put back stays in the safety copy.
/// </summary>
internal sealed class EntrySwapUndo : IDisposable
{
    private const int LinesPerPiece = 256;

    private readonly EntrySwapPlace _place;
    private readonly RestoreRecord _record;
    private readonly DirectoryHandle? _target;
    private readonly DirectoryHandle? _stage;
    private readonly DirectoryHandle? _safety;
    private readonly EntryMetadataWriter _metadata = EntryMetadataWriter.ForStanding(isExact: true);
    private readonly UndoRemainder _left;

    private EntrySwapUndo(EntrySwapPlace place, RestoreRecord record)
    {
        _place = place;
        _record = record;
        _left = new UndoRemainder(Path.Join(place.Home.Path, place.SafetyName));
        _target = TryOpen(place.TargetParent, place.TargetName);
        _stage = TryOpen(place.Home, EntryName.FromText(place.StageName));
        _safety = TryOpen(place.Home, EntryName.FromText(place.SafetyName));
    }

    /// <summary>Undoes, in reverse, what the record tells; what was not done yet, or is undone already, is passed over.</summary>
    /// <returns>What could not be undone, because its directory is gone or something else stands in its place.</returns>
    /// <exception cref="FileSystemException">The system refused something; the same call goes on later.</exception>
    public static UndoRemainder Run(EntrySwapPlace place, RestoreRecord record)
    {
        using EntrySwapUndo undo = new(place, record);
        undo.Run();
        return undo._left;
    }

    public void Dispose()
    {
        _target?.Dispose();
        _stage?.Dispose();
        _safety?.Dispose();
    }

    private static DirectoryHandle? TryOpen(DirectoryHandle parent, EntryName name) =>
        parent.TryGetStatus(name, out FileStatus status) && status.Type == EntryType.Directory ? parent.OpenDirectory(name) : null;

    private void Run()
    {
        // Offsets of every so many lines: the record is read from its end in pieces, never as a whole.
        List<long> pieces = [];
        int lines = 0;
        foreach ((long offset, _) in _record.Read())
        {
            if (lines++ % LinesPerPiece == 0)
            {
                pieces.Add(offset);
            }
        }

        for (int i = pieces.Count - 1; i >= 0; i--)
        {
            List<RecordLine> piece = [.. _record.Read(pieces[i]).Take(LinesPerPiece).Select(static line => line.Line)];
            piece.Reverse();
            piece.ForEach(Undo);
        }

        if (!_place.Home.TrySyncFileSystem())
        {
            _target?.Sync();
            _place.Home.Sync();
        }

        // An empty directory in it may be one that stood in the target and could not be put back.
        if (_safety is not null && !_left.IsKept)
        {
            RemoveEmpty(_place.Home, EntryName.FromText(_place.SafetyName));
        }
    }

    private void Undo(RecordLine line)
    {
        if (line.Place is { } placed && _stage is not null)
        {
            TakeOut(PathOf(placed), _stage, line.Inode);
        }
        else if (line.Aside is { } aside && _safety is not null)
        {
            PutBack(PathOf(aside), _safety);
        }
        else if (line is { Was: { } was, Entry: { } text } && _stage is not null)
        {
            ListingEntry entry = ListingReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), _record.Path).First();
            Reapply(PathOf(was), entry, line.Inode);
        }
    }

    private TreePath PathOf(byte[] bytes) =>
        TreePath.TryCreate(bytes, out TreePath path) ? path : throw RecordReader.Damaged(_record.Path, "a path in it leads elsewhere");

    // Back to the stage. What stands at the target under its name may be what stood there before, or somebody else's.
    private void TakeOut(TreePath path, DirectoryHandle stage, ulong? inode)
    {
        using DirectoryHandle? home = TryReach(stage, path.Parent, out _);
        if (home is null || home.TryGetStatus(path.Name, out _))
        {
            return;
        }

        using DirectoryHandle? from = TryReach(_target, path.Parent, out FileSystemException? obstacle);
        if (from is null)
        {
            _left.AddPlaced(path, Reason(obstacle));
        }
        else if (from.TryGetStatus(path.Name, out FileStatus standing) && IsIt(standing, inode))
        {
            Move(path.Name, from, home);
            if (home.TryGetStatus(path.Name, out FileStatus moved) && moved.Identity != standing.Identity)
            {
                GiveBack(path, home, from);
            }
        }
    }

    // Between the look and the move somebody put something else there, and the stage is going to be removed.
    private void GiveBack(TreePath path, DirectoryHandle home, DirectoryHandle to)
    {
        try
        {
            Move(path.Name, path.Name, home, to);
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.Exists)
        {
            string free = $"displaced-{RestoreNames.NewRun()}";
            Move(path.Name, EntryName.FromText(free), home, to);
            _left.AddPlaced(path, $"what another process put there is now '{free}', since its name was taken again");
        }
    }

    private void PutBack(TreePath path, DirectoryHandle safety)
    {
        using DirectoryHandle? from = TryReach(safety, path.Parent, out FileSystemException? obstacle);
        if (from is null && obstacle is { Error: not FileSystemError.NotFound })
        {
            _left.AddKept(path, Reason(obstacle));
            return;
        }

        if (from is null || !from.TryGetStatus(path.Name, out _))
        {
            // It was not moved yet.
            return;
        }

        using DirectoryHandle? home = TryReach(_target, path.Parent, out obstacle);
        if (home is null)
        {
            _left.AddKept(path, Reason(obstacle));
        }
        else if (home.TryGetStatus(path.Name, out _))
        {
            _left.AddKept(path, "something else stands in its place");
        }
        else
        {
            Move(path.Name, from, home);
        }
    }

    private void Reapply(TreePath path, ListingEntry entry, ulong? inode)
    {
        using DirectoryHandle? directory = TryReach(_target, path, out FileSystemException? obstacle);
        if (directory is null)
        {
            _left.AddAttributes(path, Reason(obstacle));
        }
        else if (IsIt(directory.GetStatus(), inode))
        {
            _place.Reapply(_target!, _metadata, path, entry);
        }
    }

    private static bool IsIt(in FileStatus status, ulong? inode) =>
        inode is null || EntrySwapPlace.InodeOf(status) is not { } now || now == inode;

    private static DirectoryHandle? TryReach(DirectoryHandle? root, TreePath path, out FileSystemException? obstacle)
    {
        obstacle = null;
        try
        {
            return root?.OpenPath(path);
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.NotFound or FileSystemError.NotADirectory or FileSystemError.TooManyLinks)
        {
            obstacle = e;
            return null;
        }
    }

    private static string Reason(FileSystemException? obstacle) => obstacle switch
    {
        null => "the target is no directory any more",
        { Error: FileSystemError.NotFound } => $"'{obstacle.Path}' is gone",
        _ => $"'{obstacle.Path}' is no directory any more",
    };

    private void Move(EntryName name, DirectoryHandle from, DirectoryHandle to) => Move(name, name, from, to);

    private void Move(EntryName name, EntryName newName, DirectoryHandle from, DirectoryHandle to)
    {
        from.MoveNew(name, to, newName);
        if (_place.SyncsEach)
        {
            to.Sync();
            from.Sync();
        }
    }

    // What holds something stays: it was somebody else's doing.
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
}
