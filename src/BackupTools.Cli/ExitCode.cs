using BackupTools.Core;
using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Cli;

/// <summary>What the process tells its caller. The numbers are part of the interface.</summary>
internal enum ExitCode
{
    Done = 0,
    Failed = 1,
    WrongArguments = 2,
    Incomplete = 3,
    Corrupt = 4,
    StoreLocked = 11,
    Cancelled = 130,
}

/// <summary>Which outcome has which exit code, and which of several decides.</summary>
internal static class ExitCodes
{
    /// <summary>
    /// Of several items the one decides for which least was done: cancelled (the items after it were not tried), called
    /// wrongly, failed, locked out (trying again may help), made from corrupt data, made in part, done.
    /// </summary>
    public static ExitCode Worst(ExitCode one, ExitCode other) => Severity(one) >= Severity(other) ? one : other;

    public static ExitCode Of(ErrorId error) => error switch
    {
        ErrorId.InvalidArgument or ErrorId.RetentionPolicyEmpty => ExitCode.WrongArguments,
        ErrorId.SnapshotIncomplete or ErrorId.RestoreIncomplete => ExitCode.Incomplete,
        ErrorId.StoreLocked => ExitCode.StoreLocked,
        ErrorId.Cancelled => ExitCode.Cancelled,
        _ => ExitCode.Failed,
    };

    public static ExitCode Of(SnapshotManifest made) => Worst(
        made.Check?.Result == CheckResult.Corrupt ? ExitCode.Corrupt : ExitCode.Done,
        made.Incomplete ? ExitCode.Incomplete : ExitCode.Done);

    public static ExitCode Of(RestoreResult restored) => restored.NotRestored > 0 ? ExitCode.Incomplete : ExitCode.Done;

    public static ExitCode Of(VerifyOutcome outcome) =>
        outcome == VerifyOutcome.Ok ? ExitCode.Done : ExitCode.Corrupt;

    private static int Severity(ExitCode code) => code switch
    {
        ExitCode.Done => 0,
        ExitCode.Incomplete => 1,
        ExitCode.Corrupt => 2,
        ExitCode.StoreLocked => 3,
        ExitCode.Failed => 4,
        ExitCode.WrongArguments => 5,
        _ => 6,
    };
}
