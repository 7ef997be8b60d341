namespace BackupTools;

/// <summary>A repository that was made.</summary>
public sealed class SnapshotRepository
{
    /// <summary><c>Initialized</c>.</summary>
    public string Status { get; set; } = string.Empty;

    /// <summary>Full path of the repository.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>Its id, as restic shows it.</summary>
    public string Id { get; set; } = string.Empty;

    /// <summary>Version of restic's format.</summary>
    public int FormatVersion { get; set; }

    /// <summary>Whether what goes there is compressed: not where the system has no zstd library.</summary>
    public bool Compressed { get; set; }

    /// <summary>The repository's path.</summary>
    /// <returns>The path.</returns>
    public override string ToString() => Path;
}
