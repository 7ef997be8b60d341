using BackupTools.Core.Stores;

namespace BackupTools.Core.Snapshots;

/// <summary>What <c>new</c> and <c>New-Snapshot</c> ask for: one snapshot of one source.</summary>
public sealed record NewSnapshotRequest
{
    /// <summary>How many snapshots of a series are kept where nothing else is said.</summary>
    public const int DefaultKeep = 48;

    /// <summary>How long to wait for the store's lock where nothing else is said.</summary>
    public static readonly TimeSpan DefaultLockTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Path of the database or directory.</summary>
    public required string Source { get; init; }

    /// <summary>The store's directory; made where missing.</summary>
    public required string Store { get; init; }

    /// <summary>How many complete snapshots of the series to keep; 0 keeps all, <see langword="null"/> means <see cref="DefaultKeep"/>.</summary>
    public int? Keep { get; init; }

    /// <summary>The series' name; by default made from the source's.</summary>
    public string? Name { get; init; }

    /// <summary>The host to record; by default this machine's name.</summary>
    public string? Host { get; init; }

    /// <summary>Directories below the source to count as sections; by default those of the first level.</summary>
    public IReadOnlyList<string> Sections { get; init; } = [];

    /// <summary>Patterns, as in <c>.gitignore</c>, of what to leave out.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Files with such patterns, a line each.</summary>
    public IReadOnlyList<string> ExcludeFrom { get; init; } = [];

    /// <summary>Whether to leave out directories marked by a <c>CACHEDIR.TAG</c> (https://bford.info/cachedir/).</summary>
    public bool ExcludeCaches { get; init; }

    /// <summary>How to copy databases: <see cref="CaptureMethod.Exact"/> or <see cref="CaptureMethod.Vacuum"/>.</summary>
    public CaptureMethod Capture { get; init; } = CaptureMethod.Exact;

    /// <summary>How to check the copies.</summary>
    public CheckLevel Check { get; init; } = CheckLevel.Quick;

    /// <summary>Tags to record.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A comment to record.</summary>
    public string? Comment { get; init; }

    /// <summary>How long to wait for the store's lock.</summary>
    public TimeSpan LockTimeout { get; init; } = DefaultLockTimeout;

    /// <summary>
    /// Where the password comes from, for a store that is a repository; by default from the environment. The caller disposes
    /// it, after the last request that uses it.
    /// </summary>
    public RepositoryCredential? Credential { get; init; }
}

/// <summary>How thoroughly a captured database is checked.</summary>
public enum CheckLevel
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary><c>PRAGMA quick_check</c>: every page and record, not the agreement of indexes.</summary>
    Quick,

    /// <summary><c>PRAGMA integrity_check</c>: the indexes too; takes about as long as the copy.</summary>
    Full,
}

/// <summary>A snapshot that was made.</summary>
/// <param name="Snapshot">The snapshot and where it lies.</param>
/// <param name="Removed">Older snapshots that made room for it.</param>
public sealed record NewSnapshotResult(StoredSnapshot Snapshot, IReadOnlyList<StoredSnapshot> Removed);

/// <summary>What a run with the same request would do now.</summary>
/// <param name="Source">Full path of the source.</param>
/// <param name="Kind"><see cref="SnapshotKind.Sqlite"/> or <see cref="SnapshotKind.Directory"/>.</param>
/// <param name="Name">The series' name.</param>
/// <param name="Store">Full path of the store.</param>
/// <param name="Bytes">Size of the source: of the database file, or of the tree's files; databases' logs not counted.</param>
/// <param name="Remove">The snapshots that <c>keep</c> would remove afterwards.</param>
public sealed record NewSnapshotPlan(
    string Source, string Kind, string Name, string Store, long Bytes, IReadOnlyList<StoredSnapshot> Remove);
