using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>Where entries are moved.</summary>
/// <param name="TargetParent">The directory of the target.</param>
/// <param name="TargetName">The target's name.</param>
/// <param name="Home">The directory of stage and safety copy: the target's, or the target itself.</param>
/// <param name="StageName">Name of the stage.</param>
/// <param name="SafetyName">Name of the safety copy.</param>
internal sealed record EntrySwapPlace(
    DirectoryHandle TargetParent, EntryName TargetName, DirectoryHandle Home, string StageName, string SafetyName)
{
    private bool? _syncsEach;

    /// <summary>
    /// Whether each change is to be synced before the next: the file system cannot be synced as a whole, or may keep a
    /// later change of names and forget an earlier one.
    /// </summary>
    public bool SyncsEach => _syncsEach ??= !Home.TrySyncFileSystem();

    /// <summary>
    /// What tells one entry from another that stands under the same name later. Without the device, whose number may be
    /// another one after a restart, and which is the same for all that can be moved.
    /// </summary>
    public static ulong? InodeOf(in FileStatus status) => status.Identity.Inode is 0 ? null : status.Identity.Inode;

    /// <summary>What a directory is, as a listing tells it.</summary>
    public static ListingEntry Describe(DirectoryHandle directory)
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

    /// <summary>Gives a directory of the target metadata.</summary>
    public void Reapply(
        DirectoryHandle target, EntryMetadataWriter metadata, TreePath path, ListingEntry entry)
    {
        if (path.IsRoot)
        {
            metadata.Reapply(TargetParent, TargetName, target, entry);
            return;
        }

        using DirectoryHandle parent = target.OpenPath(path.Parent);
        using DirectoryHandle directory = parent.OpenDirectory(path.Name);
        metadata.Reapply(parent, path.Name, directory, entry);
        if (SyncsEach)
        {
            directory.Sync();
        }
    }
}
