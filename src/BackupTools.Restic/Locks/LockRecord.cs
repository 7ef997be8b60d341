namespace BackupTools.Restic.Locks;

/// <summary>A lock, as a repository keeps it: who is using the repository.</summary>
public sealed record LockRecord
{
    /// <summary>The name of the lock's file.</summary>
    public ObjectId Id { get; init; }

    /// <summary>When it was made, or made anew: a living process does that every five minutes.</summary>
    public required RepositoryTime Time { get; init; }

    /// <summary>Whether nobody else may use the repository meanwhile.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>The machine's name.</summary>
    public string HostName { get; init; } = string.Empty;

    /// <summary>The user's name.</summary>
    public string UserName { get; init; } = string.Empty;

    /// <summary>The process's number on that machine.</summary>
    public int ProcessId { get; init; }

    /// <summary>The user's number; 0 where there are none.</summary>
    public uint UserId { get; init; }

    /// <summary>The number of the user's group; 0 where there are none.</summary>
    public uint GroupId { get; init; }
}
