namespace BackupTools;

/// <summary>What the test of a snapshot found.</summary>
public sealed class SnapshotTestResult
{
    /// <summary>Full path of the payload.</summary>
    public string Snapshot { get; set; } = string.Empty;

    /// <summary><c>Manifest</c>, <c>Hash</c> or <c>Rehearse</c>.</summary>
    public string Level { get; set; } = string.Empty;

    /// <summary><c>Ok</c>, <c>Failed</c> or <c>Unverifiable</c>.</summary>
    public string Result { get; set; } = string.Empty;

    /// <summary>Each thing that is wrong or could not be told.</summary>
    public string[] Problems { get; set; } = [];
}
