namespace BackupTools;

/// <summary>A snapshot as its manifest describes it, and where it lies.</summary>
/// <remarks>
/// Like all types that the cmdlets emit, it consists of plain values, so that it is the same after a job, a remote
/// session or <c>Export-Clixml</c>; values of a few words are strings for the same reason.
/// </remarks>
public sealed class SnapshotManifest
{
    /// <summary>Version of the manifest's format.</summary>
    public int FormatVersion { get; set; }

    /// <summary>UUIDv7 of the snapshot; empty for other programs' backups, which have none.</summary>
    public string Id { get; set; } = string.Empty;

    /// <summary><c>sqlite</c> or <c>directory</c>.</summary>
    public string Kind { get; set; } = string.Empty;

    /// <summary>The name of the series.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>The payload's name in the store.</summary>
    public string Snapshot { get; set; } = string.Empty;

    /// <summary>When the data was consistent, in UTC.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>Full path of the source.</summary>
    public string Source { get; set; } = string.Empty;

    /// <summary>The source's path in base64, where it is not valid Unicode.</summary>
    public string? SourceRaw { get; set; }

    /// <summary>The same as <see cref="Source"/>, for databases only.</summary>
    public string? SourceDb { get; set; }

    /// <summary>The machine that the snapshot was taken on, or the name given for it.</summary>
    public string Host { get; set; } = string.Empty;

    /// <summary>The program that wrote the manifest.</summary>
    public string Tool { get; set; } = string.Empty;

    /// <summary>That program's version.</summary>
    public string Version { get; set; } = string.Empty;

    /// <summary>Bytes of the payload; nothing where another program made the snapshot and did not record them.</summary>
    public long? Bytes { get; set; }

    /// <summary>SHA-256 of the payload (databases) or of the listing (directories).</summary>
    public string? Sha256 { get; set; }

    /// <summary>Name of the listing file in the store (directories only).</summary>
    public string? Listing { get; set; }

    /// <summary>Metadata of the database file (databases only).</summary>
    public SourceFileInfo? File { get; set; }

    /// <summary>
    /// Rows of a database, files and links of a directory; where another program made the snapshot, what it recorded, or nothing.
    /// </summary>
    public long? EntryCount { get; set; }

    /// <summary>The named parts: tables or sub-directories.</summary>
    public SnapshotSection[] Sections { get; set; } = [];

    /// <summary>What is known of the database (databases only).</summary>
    public SqliteInfo? Sqlite { get; set; }

    /// <summary>The check that the payload went through.</summary>
    public SnapshotCheck? Check { get; set; }

    /// <summary>Tags.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>Free text.</summary>
    public string? Comment { get; set; }

    /// <summary>Whether something that belongs to the source could not be read.</summary>
    public bool Incomplete { get; set; }

    /// <summary>What could not be read, and why.</summary>
    public SnapshotProblem[] Errors { get; set; } = [];

    /// <summary>What was left out knowingly, and why.</summary>
    public SnapshotProblem[] Skipped { get; set; } = [];

    /// <summary>The databases, in a repository: how each was captured. Nothing elsewhere.</summary>
    public CapturedDatabase[]? Databases { get; set; }

    /// <summary>Paths of files that changed each time they were read, in a repository.</summary>
    public string[] ChangedWhileRead { get; set; } = [];

    /// <summary>Full path of the manifest file.</summary>
    public string ManifestPath { get; set; } = string.Empty;

    /// <summary>Full path of the payload.</summary>
    public string SnapshotPath { get; set; } = string.Empty;

    /// <summary><c>Complete</c>, <c>Incomplete</c> or <c>Damaged</c>.</summary>
    public string State { get; set; } = string.Empty;

    /// <summary>Paths of the older snapshots that made room for this one, where it was just taken.</summary>
    public string[] Removed { get; set; } = [];

    /// <summary>The payload's full path.</summary>
    /// <returns>The path.</returns>
    public override string ToString() => SnapshotPath.Length > 0 ? SnapshotPath : ManifestPath;
}
