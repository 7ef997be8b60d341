namespace BackupTools.Core.Snapshots;

/// <summary>
/// What is known of one snapshot, as its manifest file says it. Property names are those of the JSON in PascalCase;
/// <c>docs/manifest.schema.json</c> describes the file.
/// </summary>
public sealed record SnapshotManifest
{
    /// <summary>The format version that this program writes, and the newest that it reads.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>Version of the manifest's format.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>UUIDv7 of the snapshot; empty for other programs' backups, which have none.</summary>
    public string Id { get; init; } = string.Empty;

    /// <summary><c>sqlite</c> or <c>directory</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The name of the series, by default made from the source's.</summary>
    public required string Name { get; init; }

    /// <summary>The payload: a bare file name in the store; in a repository, the snapshot's id.</summary>
    public required string Snapshot { get; init; }

    /// <summary>When the data was consistent; RFC 3339, UTC, milliseconds in the file.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>Full path of the source; bytes that are no UTF-8 appear as U+FFFD.</summary>
    public required string Source { get; init; }

    /// <summary>The source's path as bytes, where it is not valid Unicode.</summary>
    public byte[]? SourceRaw { get; init; }

    /// <summary>The same as <see cref="Source"/>, for databases only: the key that ai-memory uses.</summary>
    public string? SourceDb { get; init; }

    /// <summary>The machine that the snapshot was taken on, or the name given for it.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>The program that wrote the manifest.</summary>
    public string Tool { get; init; } = string.Empty;

    /// <summary>That program's version.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Bytes of the payload; <see langword="null"/> where another program made the snapshot and did not record them.</summary>
    public required long? Bytes { get; init; }

    /// <summary>
    /// SHA-256 in lower-case hex: of the payload (databases) or of the listing (directories); in a repository, the id of
    /// the source's tree.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <summary>Name of the listing file in the store (directories only).</summary>
    public string? Listing { get; init; }

    /// <summary>Metadata of the database file (databases only).</summary>
    public SourceFileInfo? File { get; init; }

    /// <summary>
    /// Entries of all sections: rows of a database, files and links of a directory. Where another program made the snapshot,
    /// what it recorded, or <see langword="null"/> where it recorded none.
    /// </summary>
    public long? EntryCount { get; init; } = 0;

    /// <summary>The named parts with their counts.</summary>
    public IReadOnlyList<SnapshotSection> Sections { get; init; } = [];

    /// <summary>What is known of the database (databases only).</summary>
    public SqliteInfo? Sqlite { get; init; }

    /// <summary>The check that the payload went through.</summary>
    public SnapshotCheck? Check { get; init; }

    /// <summary>Tags; tagged snapshots are not removed by <c>--keep</c>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Free text.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether something that belongs to the source could not be read.</summary>
    public bool Incomplete { get; init; }

    /// <summary>What could not be read, and why.</summary>
    public IReadOnlyList<SnapshotProblem> Errors { get; init; } = [];

    /// <summary>What was left out knowingly (sockets, pipes, devices, safety copies, the store itself), and why.</summary>
    public IReadOnlyList<SnapshotProblem> Skipped { get; init; } = [];

    /// <summary>
    /// The databases, in a repository: what the listing tells in a folder store. <see langword="null"/> elsewhere.
    /// </summary>
    public IReadOnlyList<CapturedDatabase>? Databases { get; init; }

    /// <summary>
    /// Paths of files that changed each time they were read, in a repository: what the listing tells in a folder store.
    /// </summary>
    public IReadOnlyList<string> ChangedWhileRead { get; init; } = [];

    /// <summary>Which program's manifest this was read from.</summary>
    public ManifestOrigin Origin { get; init; }

    /// <summary>What retention, "newest" and <c>--as-of</c> count within.</summary>
    public SnapshotSeries Series => new(Name, Source, Host);
}

/// <summary>Values of <see cref="SnapshotManifest.Kind"/>.</summary>
public static class SnapshotKind
{
    /// <summary>A SQLite database.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>A directory tree.</summary>
    public const string Directory = "directory";
}

/// <summary>Which program wrote a manifest.</summary>
public enum ManifestOrigin
{
    /// <summary>This one.</summary>
    BackupTools,

    /// <summary>ai-memory: a database beside a manifest with a hash.</summary>
    AiMemory,

    /// <summary>Oxios: a directory with <c>manifest.json</c> inside, without hashes.</summary>
    Oxios,

    /// <summary>restic: a snapshot of a repository, without a manifest; what it tells itself stands for one.</summary>
    Restic,
}

/// <summary>All snapshots of one source by one name on one host.</summary>
/// <param name="Name">The name.</param>
/// <param name="Source">The source's path.</param>
/// <param name="Host">The host.</param>
public sealed record SnapshotSeries(string Name, string Source, string Host);

/// <summary>A named part of a snapshot: a sub-directory, or a table.</summary>
/// <param name="Name">Its path below the source, <c>.</c> for files at the root; or the table's name.</param>
/// <param name="EntryCount">Files and links below it, or rows.</param>
/// <param name="Bytes">Bytes of its files; absent for tables.</param>
public sealed record SnapshotSection(string Name, long EntryCount, long? Bytes = null);

/// <summary>Something that could not be read or was left out.</summary>
/// <param name="Path">The path below the source.</param>
/// <param name="Reason">Why.</param>
public sealed record SnapshotProblem(string Path, string Reason);

/// <summary>The result of the check of a payload.</summary>
/// <param name="Level">What was run: <c>none</c>, <c>quick</c> or <c>full</c>.</param>
/// <param name="Result">What it found.</param>
/// <param name="Detail">The engine's words, where it found something.</param>
public sealed record SnapshotCheck(string Level, CheckResult Result, string? Detail = null);

/// <summary>What a check found.</summary>
public enum CheckResult
{
    /// <summary>Nothing wrong.</summary>
    Ok,

    /// <summary>The database is corrupt, and was so at its source.</summary>
    Corrupt,

    /// <summary>This engine cannot tell: the database needs a collation, function or module that is not here.</summary>
    Unverifiable,

    /// <summary>No check was asked for.</summary>
    Skipped,
}

/// <summary>How a database was copied.</summary>
public enum CaptureMethod
{
    /// <summary>Page for page.</summary>
    Exact,

    /// <summary>Rebuilt compactly by <c>VACUUM INTO</c>.</summary>
    Vacuum,

    /// <summary>The files as they lie, because SQLite could not read them.</summary>
    Raw,
}

/// <summary>Metadata of a database file at its source.</summary>
public sealed record SourceFileInfo
{
    /// <summary>Permission bits as an octal string, such as <c>0644</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>Owner's number.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group's number.</summary>
    public uint? Gid { get; init; }

    /// <summary>Owner's name, where the system knows it.</summary>
    public string? Owner { get; init; }

    /// <summary>Group's name, where the system knows it.</summary>
    public string? Group { get; init; }

    /// <summary>Modification time, RFC 3339 with nine digits.</summary>
    public string? Modified { get; init; }
}

/// <summary>What is known of a captured database; read from the copy, never from the live file.</summary>
public sealed record SqliteInfo
{
    /// <summary>Bytes per page.</summary>
    public int PageSize { get; init; }

    /// <summary>Pages in the file.</summary>
    public long PageCount { get; init; }

    /// <summary>The source's journal mode as its header tells it: <c>wal</c> or <c>delete</c> (any rollback journal).</summary>
    public string JournalMode { get; init; } = string.Empty;

    /// <summary><c>PRAGMA user_version</c>.</summary>
    public int UserVersion { get; init; }

    /// <summary><c>PRAGMA application_id</c>.</summary>
    public int ApplicationId { get; init; }

    /// <summary>How it was copied.</summary>
    public CaptureMethod Capture { get; init; }

    /// <summary>Version of the SQLite that copied it.</summary>
    public string EngineVersion { get; init; } = string.Empty;

    /// <summary>How long writers had to wait, in milliseconds: the page copy of a database with a rollback journal.</summary>
    public long? LockedMs { get; init; }
}
