namespace BackupTools.Restic.Locks;

/// <summary>How a repository is held.</summary>
public enum RepositoryLockMode
{
    /// <summary>With others: reading, and adding snapshots.</summary>
    Shared,

    /// <summary>Alone: removing snapshots, pruning, checking, rebuilding the index.</summary>
    Exclusive,
}
