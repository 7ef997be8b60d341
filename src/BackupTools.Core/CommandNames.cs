namespace BackupTools.Core;

/// <summary>
/// What advice calls the operations: by the command line's word and by the cmdlet's, because the core does not know who
/// calls it.
/// </summary>
internal static class CommandNames
{
    public const string List = "'list' (Get-SnapshotManifest)";

    public const string Verify = "'verify' (Test-Snapshot)";

    public const string Repair = "'repair' (Repair-SnapshotRepository)";
}
