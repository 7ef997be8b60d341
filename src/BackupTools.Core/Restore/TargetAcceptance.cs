using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>Whether a target may be replaced.</summary>
internal static class TargetAcceptance
{
    /// <summary>Refuses targets that are part of the store, or hold it.</summary>
    public static void CheckPlace(ISnapshotStore store, StoredSnapshot snapshot, RestoreTarget target, RestoreRequest request)
    {
        StringComparison comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        bool IsWithin(string path, string ancestor) =>
            (path + Path.DirectorySeparatorChar).StartsWith(ancestor + Path.DirectorySeparatorChar, comparison);
        string? reason =
            IsWithin(target.Path, snapshot.SnapshotPath) ? "it is, or lies in, the snapshot itself"
            : IsWithin(store.Path, target.Path) && target.Standing is not null && !request.Overlay ? $"the store '{store.Path}' lies in it and would be moved aside with it"
            : store.IsPartOfSnapshot(target.Path) ? "it is, or lies in, a snapshot of the store"
            : null;
        if (reason is not null)
        {
            throw new BackupException(
                ErrorId.InvalidArgument,
                $"'{snapshot.SnapshotPath}' cannot be restored to '{target.Path}': {reason}. Nothing was changed. Name another target.",
                target.Path);
        }
    }

    /// <summary>Refuses a database in the place of a directory, and the other way round.</summary>
    public static void CheckKind(StoredSnapshot snapshot, RestoreTarget target)
    {
        bool isDirectory = snapshot.Manifest.Kind == SnapshotKind.Directory;
        if (target.Standing is null || target.Standing == (isDirectory ? EntryType.Directory : EntryType.File))
        {
            return;
        }

        string standing = target.Standing switch
        {
            EntryType.File => "a file",
            EntryType.Directory => "a directory",
            _ => "neither a file nor a directory",
        };
        throw new BackupException(
            ErrorId.TargetKindMismatch,
            $"'{target.Path}' is {standing}, but '{snapshot.SnapshotPath}' is the snapshot of a {(isDirectory ? "directory" : "database")}. " +
            "Nothing was changed. Name another target, or move away what stands there.",
            target.Path);
    }

    /// <summary>Refuses what other processes, or other code in this one, work with.</summary>
    public static void CheckUse(RestoreTarget target, RestoreRequest request, Action<string> warn)
    {
        if (FindHolder(target) is not { } holder)
        {
            return;
        }

        if (request.Force)
        {
            warn($"'{holder.Path}' is held open by {holder.Process}, which goes on with what is moved aside.");
            return;
        }

        throw holder.IsThisProcess
            ? new BackupException(
                ErrorId.DatabaseOpenInThisSession,
                $"'{holder.Path}' is open in this very session through another module. Nothing was changed. Close it there first.",
                holder.Path)
            : new BackupException(
                ErrorId.TargetInUse,
                $"'{holder.Path}' is held open by {holder.Process}. Nothing was changed. Stop that process first: it would go on with " +
                "what is moved aside. --force (-Force) replaces it all the same.",
                holder.Path);
    }

    private static OpenFileHolder? FindHolder(RestoreTarget target)
    {
        if (!Directory.Exists(target.ParentPath))
        {
            return null;
        }

        using DirectoryHandle parent = DirectoryHandle.Open(target.ParentPath);
        EntryName name = EntryName.FromText(target.Name);
        if (target.Standing != EntryType.Directory)
        {
            return OpenFileHolders.OfDatabase(parent, name);
        }

        if (target.IsEmpty)
        {
            return null;
        }

        using DirectoryHandle tree = parent.OpenDirectory(name);
        return OpenFileHolders.BelowDirectory(tree);
    }
}
