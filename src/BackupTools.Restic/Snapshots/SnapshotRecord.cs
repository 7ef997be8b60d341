namespace BackupTools.Restic.Snapshots;

/// <summary>A snapshot, as a repository keeps it: which tree was captured, when, where and by whom.</summary>
public sealed record SnapshotRecord
{
    /// <summary>The name of the snapshot's file; zero for one that has not been saved.</summary>
    public ObjectId Id { get; init; }

    /// <summary>When it was taken.</summary>
    public required RepositoryTime Time { get; init; }

    /// <summary>The snapshot against which unchanged files were recognised.</summary>
    public ObjectId? Parent { get; init; }

    /// <summary>The tree of the root directory.</summary>
    public required ObjectId Tree { get; init; }

    /// <summary>The full paths that were captured.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>The machine's name.</summary>
    public string HostName { get; init; } = string.Empty;

    /// <summary>The user's name.</summary>
    public string UserName { get; init; } = string.Empty;

    /// <summary>The user's number; 0 where there are none.</summary>
    public uint UserId { get; init; }

    /// <summary>The number of the user's group; 0 where there are none.</summary>
    public uint GroupId { get; init; }

    /// <summary>The patterns of what was left out.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];

    /// <summary>Tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The snapshot of which this one is a changed copy.</summary>
    public ObjectId? Original { get; init; }

    /// <summary>The program that took it, such as <c>restic 0.17.0</c>; restic before 0.16 wrote none.</summary>
    public string ProgramVersion { get; init; } = string.Empty;

    /// <summary>What was captured, as restic counts it since 0.17.</summary>
    public SnapshotSummary? Summary { get; init; }
}

/// <summary>What restic records of a backup.</summary>
/// <param name="Files">How many files were captured; links and directories do not count.</param>
/// <param name="Bytes">How long they are together.</param>
public sealed record SnapshotSummary(long Files, long Bytes);
