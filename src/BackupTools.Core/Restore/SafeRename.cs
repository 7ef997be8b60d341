using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>Moves, exchanges and links, on file systems with and without the calls for them.</summary>
internal static class SafeRename
{
    /// <summary>
    /// Renames an entry into another directory. Where it is a directory without write permission of its own, that needs
    /// the permission for a moment, because its <c>..</c> changes.
    /// </summary>
    public static void MoveNew(this DirectoryHandle from, EntryName name, DirectoryHandle to, EntryName newName)
    {
        try
        {
            from.RenameToFreeName(name, to, newName);
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.AccessDenied)
        {
            const int ownerWrite = 0x80;
            if (!from.TryGetStatus(name, out FileStatus status)
                || status.Type != EntryType.Directory
                || (status.Mode & ownerWrite) != 0)
            {
                throw;
            }

            using DirectoryHandle directory = from.OpenDirectory(name);
            directory.SetMode(status.Mode | ownerWrite);
            try
            {
                from.RenameToFreeName(name, to, newName);
            }
            finally
            {
                directory.SetMode(status.Mode);
            }
        }
    }

    /// <summary>
    /// Gives a stage the name of a target where nothing stands, durably; taken back where it cannot be made durable, so that
    /// an error means that nothing was changed.
    /// </summary>
    /// <exception cref="UnconfirmedInstallException">It could not be taken back.</exception>
    public static void InstallNew(this DirectoryHandle parent, EntryName stage, EntryName target)
    {
        try
        {
            parent.RenameToFreeName(stage, parent, target);
            parent.Sync();
        }
        catch (Exception e)
        {
            try
            {
                TakeBack(parent, stage, target);
            }
            catch (FileSystemException undoing)
            {
                throw new UnconfirmedInstallException(e, undoing);
            }

            throw;
        }
    }

    // Where a file system renames by a second link, both names may be left. What else stands there is somebody else's.
    private static void TakeBack(DirectoryHandle parent, EntryName stage, EntryName target)
    {
        if (!parent.TryGetStatus(stage, out FileStatus staged))
        {
            parent.RenameToFreeName(target, parent, stage);
        }
        else if (parent.TryGetStatus(target, out FileStatus standing) && standing.Identity == staged.Identity)
        {
            parent.DeleteFile(target);
        }
    }

    /// <summary>Exchanges two names in one step, where the file system can.</summary>
    public static bool TryExchange(this DirectoryHandle parent, EntryName one, EntryName other)
    {
        try
        {
            parent.Rename(one, parent, other, RenameMode.Exchange);
            return true;
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotSupported)
        {
            return false;
        }
    }

    /// <summary>Gives a file one more name, where the file system can.</summary>
    public static bool TryLink(this DirectoryHandle parent, EntryName existing, EntryName name)
    {
        try
        {
            parent.CreateHardLink(parent, existing, name);
            return true;
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.NotSupported or FileSystemError.AccessDenied or FileSystemError.TooManyLinks or FileSystemError.Other)
        {
            // Not every file system has hard links, and some systems refuse them on files of other users.
            return false;
        }
    }
}
