using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Durability;

/// <summary>Giving names that nobody had, and making what stands under them durable.</summary>
internal static class DurableNames
{
    /// <summary>
    /// Renames to a name that must be free: in one step where the system can; else by a second link, which fails where
    /// something stands; else after a look, which the store's lock makes good enough.
    /// </summary>
    /// <param name="from">Where it stands.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="to">Where it is to stand.</param>
    /// <param name="newName">What it is to be called.</param>
    /// <param name="amongOthers">
    /// Whether others of this run make entries there at the same time, to whom a file system that ignores case may give the
    /// same name: then a file takes the name by an empty one first, in place of the look.
    /// </param>
    /// <exception cref="FileSystemException">Something stands there, or the system refused.</exception>
    public static void RenameToFreeName(this DirectoryHandle from, EntryName name, DirectoryHandle to, EntryName newName, bool amongOthers = false)
    {
        try
        {
            from.Rename(name, to, newName, RenameMode.NoReplace);
            return;
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotSupported)
        {
        }

        if (from.TryGetStatus(name, out FileStatus status) && status.Type == EntryType.File && TryMoveByLink(from, name, to, newName))
        {
            return;
        }

        if (amongOthers)
        {
            ReplaceOwn(from, name, to, newName);
            return;
        }

        if (to.TryGetStatus(newName, out _))
        {
            throw new FileSystemException(
                FileSystemError.Exists, "renaming", Path.Join(to.Path, newName.Text), "something of that name exists");
        }

        from.Rename(name, to, newName, RenameMode.Replace);
    }

    private static bool TryMoveByLink(DirectoryHandle from, EntryName name, DirectoryHandle to, EntryName newName)
    {
        try
        {
            to.CreateHardLink(from, name, newName);
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.NotSupported or FileSystemError.AccessDenied)
        {
            return false;
        }

        try
        {
            from.DeleteFile(name);
            return true;
        }
        catch (FileSystemException)
        {
            // An error means that it has not moved.
            to.DeleteFile(newName);
            throw;
        }
    }

    private static void ReplaceOwn(DirectoryHandle from, EntryName name, DirectoryHandle to, EntryName newName)
    {
        const int privateMode = 0x180;
        to.CreateFile(newName, privateMode).Dispose();
        try
        {
            from.Rename(name, to, newName, RenameMode.Replace);
        }
        catch
        {
            to.DeleteFile(newName);
            throw;
        }
    }

    /// <summary>Makes a file's content durable.</summary>
    public static void SyncFile(this DirectoryHandle directory, EntryName name)
    {
        if (OperatingSystem.IsWindows())
        {
            // Flushing needs the right to write there.
            string path = Path.Join(directory.Path, name.Text);
            WindowsErrors.Translate("syncing", path, () =>
            {
                using Microsoft.Win32.SafeHandles.SafeFileHandle handle =
                    File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                RandomAccess.FlushToDisk(handle);
            });
            return;
        }

        using FileHandle file = directory.OpenFile(name);
        file.Sync();
    }

    /// <summary>
    /// Makes an open file's content durable. On Unix by the system's own call: .NET's flush says nothing of a sync that failed.
    /// </summary>
    /// <exception cref="FileSystemException">It failed.</exception>
    public static void SyncContent(Microsoft.Win32.SafeHandles.SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsErrors.Translate("syncing", path, () => RandomAccess.FlushToDisk(file));
            return;
        }

        while (Posix.SyncDurably((int)file.DangerousGetHandle()) != 0)
        {
            if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != PosixErrors.Interrupted)
            {
                PosixErrors.Throw("syncing", path);
            }
        }
    }

    /// <summary>Makes a directory and all files and directories below it durable, one by one; links have no content.</summary>
    public static void SyncTree(this DirectoryHandle directory)
    {
        foreach (DirectoryEntry entry in directory.ReadEntries())
        {
            EntryType type = entry.Type != EntryType.Unknown ? entry.Type
                : directory.TryGetStatus(entry.Name, out FileStatus status) ? status.Type
                : EntryType.Unknown;
            if (type == EntryType.Directory)
            {
                using DirectoryHandle below = directory.OpenDirectory(entry.Name);
                below.SyncTree();
            }
            else if (type == EntryType.File)
            {
                directory.SyncFile(entry.Name);
            }
        }

        directory.Sync();
    }
}
