using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>Undoes an <see cref="EntrySwap"/> that failed or was killed.</summary>
internal static class EntrySwapUndo
{
    private const int LinesPerPiece = 256;

    /// <summary>Undoes, in reverse, what the record tells; what was not done yet, or is undone already, is passed over.</summary>
    public static void Run(EntrySwapPlace place, RestoreRecord record)
    {
        // Offsets of every so many lines: the record is read from its end in pieces, never as a whole.
        List<long> pieces = [];
        int lines = 0;
        foreach ((long offset, RecordLine line) in record.Read())
        {
            if (lines++ % LinesPerPiece == 0)
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
            List<RecordLine> piece = [.. record.Read(pieces[i]).Take(LinesPerPiece).Select(static line => line.Line)];
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
            MoveBack(target, stage, PathOf(placed, record), place.SyncsEach);
        }
        else if (line.Aside is { } aside && safety is not null)
        {
            MoveBack(safety, target, PathOf(aside, record), place.SyncsEach);
        }
        else if (line is { Was: { } was, Entry: { } text } && metadata is not null)
        {
            ListingEntry entry = ListingReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), record).First();
            place.Reapply(target, metadata, PathOf(was, record), entry);
        }
    }

    private static TreePath PathOf(byte[] bytes, string record) =>
        TreePath.TryCreate(bytes, out TreePath path) ? path : throw RecordReader.Damaged(record, "a path in it leads elsewhere");

    private static void MoveBack(DirectoryHandle from, DirectoryHandle to, TreePath path, bool syncs)
    {
        try
        {
            using DirectoryHandle source = from.OpenPath(path.Parent);
            using DirectoryHandle destination = to.OpenPath(path.Parent);
            if (source.TryGetStatus(path.Name, out _) && !destination.TryGetStatus(path.Name, out _))
            {
                source.MoveNew(path.Name, destination, path.Name);
                if (syncs)
                {
                    destination.Sync();
                    source.Sync();
                }
            }
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            // Its directory was never made: then this move was never done.
        }
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
}
