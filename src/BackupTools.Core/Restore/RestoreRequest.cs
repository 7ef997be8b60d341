using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>What <c>restore</c> and <c>Restore-Snapshot</c> ask for.</summary>
public sealed record RestoreRequest
{
    /// <summary>A payload, a manifest or a store.</summary>
    public required string Snapshot { get; init; }

    /// <summary>Where the database or the directory shall stand afterwards.</summary>
    public required string Target { get; init; }

    /// <summary>With a store: the newest snapshot at or before this time (UTC).</summary>
    public DateTime? AsOf { get; init; }

    /// <summary>With a store: the series' name, source and host, as far as they are needed to leave one series.</summary>
    public SnapshotFilter Filter { get; init; } = new();

    /// <summary>Patterns, as in <c>.gitignore</c>, of what to restore; empty means all (directories only).</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Restore a payload that has no manifest, or whose hash does not fit.</summary>
    public bool SkipVerify { get; init; }

    /// <summary>Write over a standing tree and leave what the snapshot does not have.</summary>
    public bool Overlay { get; init; }

    /// <summary>Replace a database although another process holds it open.</summary>
    public bool Force { get; init; }

    /// <summary>The id that the manifest must have, where the caller saw it before.</summary>
    public string? ExpectedId { get; init; }

    /// <summary>
    /// Where the password comes from, for a store that is a repository; by default from the environment. The caller disposes
    /// it, after the last request that uses it.
    /// </summary>
    public RepositoryCredential? Credential { get; init; }
}

/// <summary>What a restore did.</summary>
/// <param name="From">Full path of the payload.</param>
/// <param name="To">Full path of the target.</param>
/// <param name="Previous">Full path of the safety copy, or <see langword="null"/> where nothing stood there.</param>
/// <param name="Bytes">Bytes restored.</param>
/// <param name="EntryCount">
/// Entries restored: rows of a database, files and links of a directory; <see langword="null"/> where nobody has counted a
/// database's rows.
/// </param>
/// <param name="Verified">Whether all of it was compared with the manifest's hashes first.</param>
public sealed record RestoreResult(
    string From, string To, string? Previous, long Bytes, long? EntryCount, bool Verified)
{
    /// <summary>
    /// Entries of the snapshot that were to be restored and are not there, each told by a warning: symbolic links where the
    /// target's file system has none, directories whose contents are lost. 0 where the restore is whole.
    /// </summary>
    public long NotRestored { get; init; }
}

/// <summary>What a restore is about to do; running it does that and nothing else.</summary>
public sealed record RestorePlan
{
    /// <summary>The snapshot; its manifest is absent where a payload without one is restored.</summary>
    public required StoredSnapshot Snapshot { get; init; }

    /// <summary>Full path of the target.</summary>
    public required string Target { get; init; }

    /// <summary>Full path that the safety copy will have, or <see langword="null"/> where nothing stands there.</summary>
    public string? Previous { get; init; }

    /// <summary>Bytes to write.</summary>
    public required long Bytes { get; init; }

    /// <summary>Whether hashes are compared before the target is touched.</summary>
    public required bool WillVerify { get; init; }

    /// <summary>The steps in order, each a sentence for people.</summary>
    public required IReadOnlyList<string> Steps { get; init; }

    /// <summary>The request that the plan was made for.</summary>
    public required RestoreRequest Request { get; init; }

    /// <summary>The risks that were told when the plan was made.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];
}
