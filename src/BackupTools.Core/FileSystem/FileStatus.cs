namespace BackupTools.Core.FileSystem;

/// <summary>What a directory entry is.</summary>
internal enum EntryType
{
    /// <summary>Not known, or something that this system alone knows.</summary>
    Unknown,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Symlink,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A character or block device.</summary>
    Device,
}

/// <summary>What makes a file the same file under whatever name.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>The metadata of one directory entry, links not followed.</summary>
internal readonly record struct FileStatus
{
    public EntryType Type { get; init; }

    /// <summary>Permission bits with set-id and sticky bits (07777).</summary>
    public int Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public long Size { get; init; }

    public uint LinkCount { get; init; }

    public FileIdentity Identity { get; init; }

    public Timestamp Modified { get; init; }

    /// <summary>Last change of data or metadata (ctime); zero where the system does not tell.</summary>
    public Timestamp Changed { get; init; }

    /// <summary>Windows file attributes; zero elsewhere.</summary>
    public FileAttributes Attributes { get; init; }

    /// <summary>Whether data that was read between two looks can have been one state of the file.</summary>
    public bool IsSameState(in FileStatus other) =>
        Identity == other.Identity && Size == other.Size && Modified == other.Modified && Changed == other.Changed;
}
