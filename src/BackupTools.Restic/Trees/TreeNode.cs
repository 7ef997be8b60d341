namespace BackupTools.Restic.Trees;

/// <summary>
/// An entry of a directory. Every field is one of restic's, and is written as restic writes it: what is read is written
/// again byte for byte, unless a newer program added fields that are not known here.
/// </summary>
public sealed record TreeNode
{
    /// <summary>The name as the file system's bytes, which need not be valid UTF-8. Nothing says that it is harmless.</summary>
    public required ReadOnlyMemory<byte> Name { get; set; }

    /// <summary>One of <see cref="NodeTypes"/>, or one that a newer program knows.</summary>
    public required string Type { get; set; }

    /// <summary>Permissions and type, as <see cref="NodeMode"/> translates them.</summary>
    public uint Mode { get; set; }

    /// <summary>When the content was changed last.</summary>
    public RepositoryTime ModifiedAt { get; set; }

    /// <summary>When the content was read last.</summary>
    public RepositoryTime AccessedAt { get; set; }

    /// <summary>When content or metadata were changed last.</summary>
    public RepositoryTime ChangedAt { get; set; }

    /// <summary>The owner's number.</summary>
    public uint UserId { get; set; }

    /// <summary>The group's number.</summary>
    public uint GroupId { get; set; }

    /// <summary>The owner's name; empty where it has none.</summary>
    public string User { get; set; } = string.Empty;

    /// <summary>The group's name; empty where it has none.</summary>
    public string Group { get; set; } = string.Empty;

    /// <summary>The file's number on its device.</summary>
    public ulong Inode { get; set; }

    /// <summary>
    /// The device on which the file lies (<c>st_dev</c>). restic up to 0.16 writes it for every file, later ones for files
    /// with several links only.
    /// </summary>
    public ulong DeviceId { get; set; }

    /// <summary>A file's length.</summary>
    public ulong Size { get; set; }

    /// <summary>How many names the file has; 0 for directories, pipes and sockets.</summary>
    public ulong Links { get; set; }

    /// <summary>Where a symbolic link points, as the file system's bytes.</summary>
    public ReadOnlyMemory<byte> LinkTarget { get; set; }

    /// <summary>
    /// The extended attributes in the order in which the system lists them, which is the order in which restic writes them.
    /// </summary>
    public IReadOnlyList<Xattr> ExtendedAttributes { get; set; } = [];

    /// <summary>What newer versions of restic keep for Windows, as JSON; empty where there is nothing.</summary>
    public ReadOnlyMemory<byte> GenericAttributes { get; set; }

    /// <summary>Which device a device node stands for (<c>st_rdev</c>).</summary>
    public ulong Device { get; set; }

    /// <summary>The blobs that make up a file's content, in order; null for everything that is no file.</summary>
    public IReadOnlyList<ObjectId>? Content { get; set; }

    /// <summary>A directory's tree; null for everything that is no directory.</summary>
    public ObjectId? Subtree { get; set; }

    /// <summary>What went wrong when the metadata was read; empty where nothing did.</summary>
    public string Error { get; set; } = string.Empty;
}

/// <summary>An extended attribute.</summary>
/// <param name="Name">Its name as bytes, with the namespace: <c>user.origin</c>.</param>
/// <param name="Value">Its value; null is written as null, which is not the same as empty.</param>
public readonly record struct Xattr(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte>? Value);
