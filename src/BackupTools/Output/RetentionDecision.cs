namespace BackupTools;

/// <summary>The decision on one snapshot, with its reasons.</summary>
public sealed class RetentionDecision
{
    /// <summary>Full path of the payload.</summary>
    public string Snapshot { get; set; } = string.Empty;

    /// <summary><c>Keep</c> or <c>Remove</c>.</summary>
    public string Action { get; set; } = string.Empty;

    /// <summary>Why.</summary>
    public string[] Reasons { get; set; } = [];
}
