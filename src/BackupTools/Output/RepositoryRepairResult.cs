namespace BackupTools;

/// <summary>What came of making a repository's index anew.</summary>
public sealed class RepositoryRepairResult
{
    /// <summary><c>Repaired</c>.</summary>
    public string Status { get; set; } = string.Empty;

    /// <summary>Full path of the repository.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>How many packs the new index tells of.</summary>
    public int Packs { get; set; }

    /// <summary>How many pieces of files and directories are in them.</summary>
    public long Pieces { get; set; }

    /// <summary>The packs that do not tell what is in them; their files were left as they are.</summary>
    public string[] Problems { get; set; } = [];
}
