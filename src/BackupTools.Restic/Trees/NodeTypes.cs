namespace BackupTools.Restic.Trees;

/// <summary>The types that nodes of a tree have, as they are written.</summary>
public static class NodeTypes
{
    /// <summary>A regular file.</summary>
    public const string File = "file";

    /// <summary>A directory.</summary>
    public const string Directory = "dir";

    /// <summary>A symbolic link.</summary>
    public const string Symlink = "symlink";

    /// <summary>A block device.</summary>
    public const string BlockDevice = "dev";

    /// <summary>A character device.</summary>
    public const string CharacterDevice = "chardev";

    /// <summary>A named pipe.</summary>
    public const string Fifo = "fifo";

    /// <summary>A socket.</summary>
    public const string Socket = "socket";
}
