using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Retention;

/// <summary>What <c>prune</c> and <c>Remove-OldSnapshot</c> ask for.</summary>
public sealed record PruneRequest
{
    /// <summary>The store.</summary>
    public required string Store { get; init; }

    /// <summary>Which series; by default all, each by itself.</summary>
    public SnapshotFilter Filter { get; init; } = new();

    /// <summary>What to keep.</summary>
    public required RetentionPolicy Policy { get; init; }

    /// <summary>How long to wait for the store's lock.</summary>
    public TimeSpan LockTimeout { get; init; } = NewSnapshotRequest.DefaultLockTimeout;

    /// <summary>
    /// Where the password comes from, for a store that is a repository; by default from the environment. The caller disposes
    /// it, after the last request that uses it.
    /// </summary>
    public RepositoryCredential? Credential { get; init; }
}

/// <summary>What to keep: a snapshot stays when any rule wants it. Counts are of periods that have snapshots.</summary>
public sealed record RetentionPolicy
{
    /// <summary>The newest so many.</summary>
    public int? Last { get; init; }

    /// <summary>The newest of each of so many hours.</summary>
    public int? Hourly { get; init; }

    /// <summary>The newest of each of so many days.</summary>
    public int? Daily { get; init; }

    /// <summary>The newest of each of so many ISO weeks.</summary>
    public int? Weekly { get; init; }

    /// <summary>The newest of each of so many months.</summary>
    public int? Monthly { get; init; }

    /// <summary>The newest of each of so many years.</summary>
    public int? Yearly { get; init; }

    /// <summary>All taken within this time before the newest that is not dated in the future.</summary>
    public CalendarDuration? Within { get; init; }

    /// <summary>All that carry one of these tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <summary>What is done with a snapshot.</summary>
public enum RetentionAction
{
    /// <summary>It stays.</summary>
    Keep,

    /// <summary>It goes.</summary>
    Remove,
}

/// <summary>The decision on one snapshot, with its reasons.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Action">What is done with it.</param>
/// <param name="Reasons">Why: the rules that keep it, or that none does.</param>
public sealed record RetentionDecision(StoredSnapshot Snapshot, RetentionAction Action, IReadOnlyList<string> Reasons);
