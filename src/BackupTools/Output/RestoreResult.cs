namespace BackupTools;

/// <summary>What a restore did.</summary>
public sealed class RestoreResult
{
    /// <summary><c>Restored</c>.</summary>
    public string Status { get; set; } = string.Empty;

    /// <summary>Full path of the payload.</summary>
    public string From { get; set; } = string.Empty;

    /// <summary>Full path of the target.</summary>
    public string To { get; set; } = string.Empty;

    /// <summary>Full path of the safety copy; absent where nothing stood there.</summary>
    public string? Previous { get; set; }

    /// <summary>Bytes restored.</summary>
    public long Bytes { get; set; }

    /// <summary>Rows of a database, files and links of a directory; empty where nobody has counted a database's rows.</summary>
    public long? EntryCount { get; set; }

    /// <summary>Whether all of it was compared with the manifest's hashes first.</summary>
    public bool Verified { get; set; }
}
