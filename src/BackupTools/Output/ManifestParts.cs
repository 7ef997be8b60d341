namespace BackupTools;

/// <summary>A named part of a snapshot: a sub-directory, or a table.</summary>
public sealed class SnapshotSection
{
    /// <summary>Its path below the source, or the table's name.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Files and links below it, or rows.</summary>
    public long EntryCount { get; set; }

    /// <summary>Bytes of its files; absent for tables.</summary>
    public long? Bytes { get; set; }

    /// <summary>Name and count.</summary>
    /// <returns>For instance <c>users (12)</c>.</returns>
    public override string ToString() => $"{Name} ({EntryCount})";
}

/// <summary>Something that could not be read or was left out.</summary>
public sealed class SnapshotProblem
{
    /// <summary>The path below the source.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>Why.</summary>
    public string Reason { get; set; } = string.Empty;

    /// <summary>Path and reason.</summary>
    /// <returns>For instance <c>run/socket: a socket</c>.</returns>
    public override string ToString() => $"{Path}: {Reason}";
}

/// <summary>The result of the check of a payload.</summary>
public sealed class SnapshotCheck
{
    /// <summary>What was run: <c>none</c>, <c>quick</c> or <c>full</c>.</summary>
    public string Level { get; set; } = string.Empty;

    /// <summary><c>Ok</c>, <c>Corrupt</c>, <c>Unverifiable</c> or <c>Skipped</c>.</summary>
    public string Result { get; set; } = string.Empty;

    /// <summary>The engine's words, where it found something.</summary>
    public string? Detail { get; set; }

    /// <summary>Level, result and detail.</summary>
    /// <returns>For instance <c>quick: Ok</c>.</returns>
    public override string ToString() => Detail is null ? $"{Level}: {Result}" : $"{Level}: {Result} ({Detail})";
}

/// <summary>What is known of a captured database.</summary>
public sealed class SqliteInfo
{
    /// <summary>Bytes per page.</summary>
    public int PageSize { get; set; }

    /// <summary>Pages in the file.</summary>
    public long PageCount { get; set; }

    /// <summary>The source's journal mode: <c>wal</c> or <c>delete</c> (any rollback journal).</summary>
    public string JournalMode { get; set; } = string.Empty;

    /// <summary><c>PRAGMA user_version</c>.</summary>
    public int UserVersion { get; set; }

    /// <summary><c>PRAGMA application_id</c>.</summary>
    public int ApplicationId { get; set; }

    /// <summary>How it was copied: <c>Exact</c>, <c>Vacuum</c> or <c>Raw</c>.</summary>
    public string Capture { get; set; } = string.Empty;

    /// <summary>Version of the SQLite that copied it.</summary>
    public string EngineVersion { get; set; } = string.Empty;

    /// <summary>How long writers had to wait, in milliseconds (rollback journals only).</summary>
    public long? LockedMs { get; set; }

    /// <summary>The essentials.</summary>
    /// <returns>For instance <c>Exact copy of 12 pages of 4096 bytes, wal</c>.</returns>
    public override string ToString() => $"{Capture} copy of {PageCount} pages of {PageSize} bytes, {JournalMode}";
}

/// <summary>How a database of a snapshot in a repository was captured.</summary>
public sealed class CapturedDatabase
{
    /// <summary>Its path below the source, or the file's name where the source is the database itself.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The path in base64, where it is not valid Unicode.</summary>
    public string? PathRaw { get; set; }

    /// <summary>How it was copied: <c>Exact</c>, <c>Vacuum</c> or <c>Raw</c>.</summary>
    public string Capture { get; set; } = string.Empty;

    /// <summary>When its copy was consistent, in UTC.</summary>
    public DateTime? CapturedAt { get; set; }

    /// <summary>The check that its copy went through.</summary>
    public SnapshotCheck? Check { get; set; }

    /// <summary>What its files looked like, for a later run to tell by whether they changed; means nothing else.</summary>
    public string? SourceState { get; set; }

    /// <summary>Path and capture.</summary>
    /// <returns>For instance <c>users.db (Exact)</c>.</returns>
    public override string ToString() => $"{Path} ({Capture})";
}

/// <summary>Metadata of a database file at its source.</summary>
public sealed class SourceFileInfo
{
    /// <summary>Permission bits as an octal string.</summary>
    public string? Mode { get; set; }

    /// <summary>Owner's number.</summary>
    public long? Uid { get; set; }

    /// <summary>Group's number.</summary>
    public long? Gid { get; set; }

    /// <summary>Owner's name, where the system knows it.</summary>
    public string? Owner { get; set; }

    /// <summary>Group's name, where the system knows it.</summary>
    public string? Group { get; set; }

    /// <summary>Modification time, RFC 3339 with nine digits.</summary>
    public string? Modified { get; set; }

    /// <summary>Mode, owner and time.</summary>
    /// <returns>For instance <c>0644 app:app 2026-11-21T03:42:18.123456789Z</c>.</returns>
    public override string ToString() => $"{Mode} {Owner}:{Group} {Modified}";
}
