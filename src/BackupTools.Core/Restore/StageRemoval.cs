using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>Removes what a run staged, whose directories may have got modes that keep even their owner out.</summary>
internal static class StageRemoval
{
    private const int PrivateMode = 0x1c0;

    /// <summary>Removes a stage; a missing one is no error.</summary>
    public static void Remove(DirectoryHandle home, EntryName name)
    {
        try
        {
            home.DeleteTree(name);
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.AccessDenied)
        {
            using (DirectoryHandle stage = home.OpenDirectory(name))
            {
                Open(stage);
            }

            home.DeleteTree(name);
        }
    }

    private static void Open(DirectoryHandle directory)
    {
        directory.SetMode(PrivateMode);
        foreach (DirectoryEntry entry in directory.ReadEntries())
        {
            if (directory.TryGetStatus(entry.Name, out FileStatus status) && status.Type == EntryType.Directory)
            {
                using DirectoryHandle below = directory.OpenDirectory(entry.Name);
                Open(below);
            }
        }
    }
}
