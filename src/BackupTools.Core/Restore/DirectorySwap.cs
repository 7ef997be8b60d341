using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>
/// Puts a staged directory in the place of a standing one: exchanged with it in one step where the system can, and by
/// two renames where it cannot; then the old one gets its safety copy's name.
/// </summary>
internal static class DirectorySwap
{
    /// <summary>Installs the stage; on failure everything is as it was, but for the stage and the record.</summary>
    /// <param name="parent">The directory of the target.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="stageName">The stage's name.</param>
    /// <param name="safetyName">A free name for the safety copy.</param>
    /// <param name="record">The record to write beforehand.</param>
    /// <param name="reached">Is told of each step.</param>
    /// <returns>Whether there is a safety copy; an empty directory needs none.</returns>
    public static bool Install(
        DirectoryHandle parent, EntryName target, string stageName, string safetyName, RestoreRecord record, Action<string> reached)
    {
        EntryName stage = EntryName.FromText(stageName);
        EntryName safety = EntryName.FromText(safetyName);
        if (!parent.TryGetStatus(target, out _))
        {
            parent.InstallNew(stage, target);
            return false;
        }

        parent.TryGetStatus(stage, out FileStatus staged);
        record.Add(new RecordLine { Safety = safetyName, Exchanged = [staged.Identity.Device, staged.Identity.Inode] });
        record.Flush();
        parent.Sync();
        reached("recorded");
        bool exchanged = parent.TryExchange(stage, target);
        bool isKept;
        try
        {
            if (!exchanged)
            {
                record.Add(new RecordLine { Safety = safetyName });
                record.Flush();
                parent.RenameToFreeName(target, parent, safety);
                parent.Sync();
                reached("aside");
                parent.RenameToFreeName(stage, parent, target);
            }

            parent.Sync();
            reached("installed");
            isKept = !exchanged || !IsEmpty(parent, stage);
            if (exchanged && isKept)
            {
                parent.RenameToFreeName(stage, parent, safety);
            }

            reached("kept");
            parent.Sync();
            isKept = isKept || KeepUnlessEmpty(parent, stage, safety);
        }
        catch (Exception e)
        {
            RollbackException.Guard(e, () => Undo(parent, target, stage, safety, exchanged, staged.Identity));
            throw;
        }

        return isKept;
    }

    /// <summary>Finishes or undoes what a dead run had begun; what it leaves behind is the stage, if anything.</summary>
    /// <returns>Whether the new directory stands.</returns>
    public static bool Settle(DirectoryHandle parent, EntryName target, string stageName, RecordLine line)
    {
        EntryName stage = EntryName.FromText(stageName);
        EntryName safety = EntryName.FromText(line.Safety!);
        bool stands = parent.TryGetStatus(target, out FileStatus standing);
        bool isStaged = parent.TryGetStatus(stage, out FileStatus now);
        if (line.Exchanged is [_, ulong inode])
        {
            // Not by the device: its number may be another one after a restart.
            if (!stands || standing.Identity.Inode != inode)
            {
                return isStaged && now.Identity.Inode != inode
                    ? throw RecordReader.Damaged(Path.Join(parent.Path, stageName), "neither it nor the target is what was staged")
                    : false;
            }

            if (isStaged)
            {
                KeepUnlessEmpty(parent, stage, safety);
            }

            return true;
        }

        if (!stands && parent.TryGetStatus(safety, out _))
        {
            parent.RenameToFreeName(safety, parent, target);
            parent.Sync();
            return false;
        }

        return stands && !isStaged;
    }

    private static void Undo(
        DirectoryHandle parent, EntryName target, EntryName stage, EntryName safety, bool exchanged, FileIdentity staged)
    {
        bool isKept = parent.TryGetStatus(safety, out _);
        bool stands = parent.TryGetStatus(target, out FileStatus standing);
        if (!exchanged)
        {
            if (stands && !parent.TryGetStatus(stage, out _))
            {
                parent.RenameToFreeName(target, parent, stage);
            }

            if (isKept)
            {
                parent.RenameToFreeName(safety, parent, target);
            }
        }
        else if (stands && standing.Identity == staged)
        {
            if (isKept)
            {
                parent.TryExchange(safety, target);
                parent.RenameToFreeName(safety, parent, stage);
            }
            else
            {
                parent.TryExchange(stage, target);
            }
        }

        parent.Sync();
        if (!parent.TryGetStatus(stage, out FileStatus back) || back.Identity != staged)
        {
            throw new FileSystemException(
                FileSystemError.Other, "undoing", Path.Join(parent.Path, target.Text), "the two directories could not be exchanged again");
        }
    }

    private static bool IsEmpty(DirectoryHandle parent, EntryName name)
    {
        using DirectoryHandle directory = parent.OpenDirectory(name);
        return directory.ReadEntries().Count == 0;
    }

    private static bool KeepUnlessEmpty(DirectoryHandle parent, EntryName old, EntryName safety)
    {
        try
        {
            parent.DeleteDirectory(old);
            return false;
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.DirectoryNotEmpty or FileSystemError.Exists)
        {
            parent.RenameToFreeName(old, parent, safety);
            return true;
        }
        finally
        {
            parent.Sync();
        }
    }
}
