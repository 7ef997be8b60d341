using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Verification;

/// <summary>How thoroughly a snapshot is verified. Each level includes the ones before.</summary>
public enum VerifyLevel
{
    /// <summary>The manifest parses, names resolve, sizes fit.</summary>
    Manifest,

    /// <summary>Every byte is read again and compared by hash.</summary>
    Hash,

    /// <summary>Restored into a scratch place, each database opened and checked, counts compared.</summary>
    Rehearse,
}

/// <summary>What a verification found.</summary>
public enum VerifyOutcome
{
    /// <summary>All as the manifest says.</summary>
    Ok,

    /// <summary>Something is not as the manifest says, or a database is corrupt.</summary>
    Failed,

    /// <summary>It cannot be told: no hashes, or a database that this engine cannot check.</summary>
    Unverifiable,
}

/// <summary>What <c>verify</c> and <c>Test-Snapshot</c> ask for.</summary>
public sealed record VerifyRequest
{
    /// <summary>A payload, a manifest or a store; a store means all its snapshots.</summary>
    public required string Snapshot { get; init; }

    /// <summary>How thoroughly.</summary>
    public VerifyLevel Level { get; init; } = VerifyLevel.Hash;

    /// <summary>Where to rehearse; by default a private directory in the system's place for temporary files.</summary>
    public string? Scratch { get; init; }

    /// <summary>The id that the manifest must have, where the caller saw it before.</summary>
    public string? ExpectedId { get; init; }

    /// <summary>How long to wait for others who use the store.</summary>
    public TimeSpan LockTimeout { get; init; } = NewSnapshotRequest.DefaultLockTimeout;

    /// <summary>
    /// Where the password comes from, for a store that is a repository; by default from the environment. The caller disposes
    /// it, after the last request that uses it.
    /// </summary>
    public RepositoryCredential? Credential { get; init; }
}

/// <summary>The verification of one snapshot.</summary>
/// <param name="Snapshot">Full path of the payload.</param>
/// <param name="Level">What was done.</param>
/// <param name="Result">What it found.</param>
/// <param name="Problems">Each thing that is wrong or could not be told.</param>
public sealed record VerifyResult(string Snapshot, VerifyLevel Level, VerifyOutcome Result, IReadOnlyList<string> Problems);
