using BackupTools.Core.FileSystem;
using BackupTools.Restic;

namespace BackupTools.Core.Snapshots;

/// <summary>One line of a directory snapshot's listing.</summary>
internal sealed record ListingEntry
{
    public required TreePath Path { get; init; }

    /// <summary>File, directory or symbolic link; nothing else is kept.</summary>
    public required EntryType Type { get; init; }

    /// <summary>Bytes of a file.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of a file, in lower-case hex; absent for hard links, whose first name has it.</summary>
    public string? Sha256 { get; init; }

    public Timestamp Modified { get; init; }

    /// <summary>Permission bits (07777); absent on Windows.</summary>
    public int? Mode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public string? Owner { get; init; }

    public string? Group { get; init; }

    /// <summary>What a symbolic link points to, as bytes.</summary>
    public byte[]? Target { get; init; }

    /// <summary>The first name of this file within the tree, where this is a later one.</summary>
    public TreePath? HardLink { get; init; }

    public IReadOnlyList<KeyValuePair<string, byte[]>> ExtendedAttributes { get; init; } = [];

    /// <summary>Windows attributes; absent elsewhere.</summary>
    public FileAttributes? Attributes { get; init; }

    /// <summary>How a database was copied; absent for other files.</summary>
    public CaptureMethod? Capture { get; init; }

    /// <summary>When a database's copy was consistent.</summary>
    public DateTime? CapturedAt { get; init; }

    /// <summary>The check that a database's copy went through.</summary>
    public SnapshotCheck? Check { get; init; }

    /// <summary>What a database's files looked like at its capture, where a later run may tell by it that nothing changed.</summary>
    public string? SourceState { get; init; }

    /// <summary>The file changed each time it was read, so the copy may mix two states.</summary>
    public bool ChangedWhileRead { get; init; }

    /// <summary>What the source's file system says of it; absent where the entry was read from a snapshot.</summary>
    public FileStatus? Source { get; init; }

    /// <summary>The blobs that a file's content consists of, in order; in a repository alone.</summary>
    public IReadOnlyList<ObjectId>? Pieces { get; init; }
}
