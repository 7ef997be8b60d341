using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>What an interrupted restore left at a target, and how it is finished or undone.</summary>
internal static class RestoreIntent
{
    private const string Finished = "finished";
    private const string Undone = "undone";

    /// <summary>
    /// Whether a restore at this place was interrupted, or is at work, in the midst of replacing what stands there. One
    /// that was still putting its data together has touched nothing and does not count.
    /// </summary>
    public static bool ExistsFor(string sourcePath)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(sourcePath));

        // The record of a restore to a link is where the link leads.
        return Places(path).Concat(Places(Follow(path))).Any(static place => Directory.Exists(place.Home) && IsBegun(place.Home, place.Name));
    }

    /// <summary>Whether there is anything to clean up before a restore, be it only a stage.</summary>
    public static bool IsLeftAt(RestoreTarget target) =>
        Places(target.Path).Any(static place => File.Exists(Path.Join(place.Home, place.Name)));

    /// <summary>Finishes or undoes what a dead run left; nothing to do is no error.</summary>
    /// <returns>Whether there was anything.</returns>
    /// <exception cref="BackupException">
    /// Another run is at work (<see cref="ErrorId.TargetInUse"/>), or the record cannot be followed
    /// (<see cref="ErrorId.RestoreInterrupted"/>).
    /// </exception>
    public static bool Recover(string targetPath, ProgressTracker tracker)
    {
        bool found = false;
        foreach ((string home, string name) in Places(targetPath))
        {
            if (Directory.Exists(home))
            {
                using DirectoryHandle handle = DirectoryHandle.Open(home);
                using RestoreRecord? record = RestoreRecord.OpenAbandoned(handle, name);
                if (record is not null)
                {
                    Settle(record, handle, targetPath, tracker);
                    found = true;
                }
            }
        }

        return found;
    }

    private static (string Home, string Name)[] Places(string path)
    {
        string? parent = Path.GetDirectoryName(path);
        return parent is null
            ? [(path, RestoreNames.RecordWithin)]
            : [(parent, RestoreNames.Record(Path.GetFileName(path))), (path, RestoreNames.RecordWithin)];
    }

    private static string Follow(string path)
    {
        try
        {
            return Path.TrimEndingDirectorySeparator(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    private static bool IsBegun(string home, string name)
    {
        using DirectoryHandle handle = DirectoryHandle.Open(home);
        if (!handle.TryGetStatus(EntryName.FromText(name), out _))
        {
            return false;
        }

        bool isBegun = false;
        foreach (RecordLine line in RecordReader.Peek(handle, name))
        {
            isBegun = (isBegun || line.Safety is not null) && line.Done != true;
        }

        return isBegun;
    }

    private static void Settle(RestoreRecord record, DirectoryHandle home, string targetPath, ProgressTracker tracker)
    {
        RecordLine? first = null;
        RecordLine? begun = null;
        bool isDone = false;
        foreach ((_, RecordLine line) in record.Read())
        {
            first ??= line;
            begun = line.Safety is not null ? line : begun;
            isDone |= line.Done == true;
        }

        if (first is null)
        {
            // Cut off before its first line was written: nothing was made yet.
            record.Remove(home);
            return;
        }

        Check(first, begun, record.Path);
        Timestamp? after = isDone ? home.GetStatus().Modified : Timestamp.TryParse(first.Modified, out Timestamp before) ? before : null;
        string outcome = isDone ? Finished : string.Empty;
        try
        {
            outcome = !isDone && begun is not null ? SettleBegun(first, begun, record, home, targetPath) : outcome;
            StageRemoval.Remove(home, EntryName.FromText(first.Stage!));
            home.Sync();
            record.Remove(home);
        }
        catch (FileSystemException e) when (begun is not null)
        {
            throw new BackupException(
                ErrorId.RestoreInterrupted,
                $"An earlier restore to '{targetPath}' was interrupted, and what it left could not be settled: {e.Message}. What it " +
                $"had replaced is at its place or in '{Path.Join(home.Path, begun.Safety)}'; its record '{record.Path}' stays. This " +
                "restore was not begun. Put right what the system complains of, and restore again.",
                targetPath,
                e);
        }

        if (first.Modified is not null && after is { } time)
        {
            using DirectoryHandle parent = DirectoryHandle.Open(Path.GetDirectoryName(targetPath)!);
            parent.SetModified(EntryName.FromText(Path.GetFileName(targetPath)), time);
        }

        if (begun is null)
        {
            tracker.Verbose($"An earlier restore to '{targetPath}' was interrupted before it changed anything; what it left was removed.", targetPath);
        }
        else
        {
            tracker.Warn($"An earlier restore to '{targetPath}' was interrupted; it was {outcome}.", targetPath);
        }
    }

    // Tells what was done.
    private static string SettleBegun(
        RecordLine first, RecordLine begun, RestoreRecord record, DirectoryHandle home, string targetPath)
    {
        EntryName target = EntryName.FromText(Path.GetFileName(targetPath));
        switch (first.Swap)
        {
            case SwapKind.Database:
                return DatabaseSwap.Settle(home, target, first.Stage!, begun) ? Finished : Undone;
            case SwapKind.Directory:
                return DirectorySwap.Settle(home, target, first.Stage!, begun) ? Finished : Undone;
            default:
                using (DirectoryHandle parent = DirectoryHandle.Open(Path.GetDirectoryName(targetPath)!))
                {
                    UndoRemainder left = EntrySwapUndo.Run(new EntrySwapPlace(parent, target, home, first.Stage!, begun.Safety!), record);
                    return left.IsEmpty ? Undone : $"{Undone}, but for this: {left} Put that right by hand if it matters: no record tells of it any more";
                }
        }
    }

    private static void Check(RecordLine first, RecordLine? begun, string path)
    {
        if (first.Version is not RestoreRecord.Version || first.Swap is null)
        {
            throw RecordReader.Damaged(path, "it is of a version that this program does not know");
        }

        bool isOurs = RestoreNames.IsBare(first.Stage)
            && RestoreNames.IsWork(EntryName.FromText(first.Stage!))
            && (begun is null || (RestoreNames.IsBare(begun.Safety) && (begun.Sidecars ?? []).All(IsSidecar)));
        if (!isOurs)
        {
            throw RecordReader.Damaged(path, "a name in it is none that a restore gives");
        }
    }

    private static bool IsSidecar(string suffix) => Sources.Sqlite.DatabaseFile.SidecarSuffixes.Contains(suffix);
}
