using System.Management.Automation;
using BackupTools.Core;

namespace BackupTools;

/// <summary>
/// All errors that the cmdlets report. Their identifiers are those of the core, and the few here; scripts test for
/// them, as in <c>SourceNotFound,BackupTools.Commands.NewSnapshotCommand</c>.
/// </summary>
internal static class Errors
{
    /// <summary>What the core or the system threw while it worked on an item.</summary>
    public static ErrorRecord From(Exception exception, string path) => exception switch
    {
        BackupException known => new ErrorRecord(known, known.Id.ToString(), Category(known.Id), known.Path ?? path),
        UnauthorizedAccessException => new ErrorRecord(
            exception, nameof(ErrorId.InputOutput), ErrorCategory.PermissionDenied, path),
        IOException => new ErrorRecord(exception, nameof(ErrorId.InputOutput), ErrorCategory.WriteError, path),
        _ => new ErrorRecord(exception, "Unexpected", ErrorCategory.NotSpecified, path),
    };

    /// <summary>A path of another provider than the file system.</summary>
    public static ErrorRecord PathNotInFileSystem(string path, string provider) => new(
        new PSArgumentException(
            $"The path '{path}' belongs to the provider '{provider}'; snapshots are of files and live in files. " +
            "Nothing was changed. Name a path of the file system."),
        "PathNotInFileSystem",
        ErrorCategory.InvalidArgument,
        path);

    /// <summary>A path that PowerShell cannot make sense of, such as one on a drive that does not exist.</summary>
    public static ErrorRecord PathNotResolved(string path, Exception reason) => new(
        new PSArgumentException($"The path '{path}' cannot be resolved: {reason.Message} Nothing was changed.", reason),
        "PathNotResolved",
        reason is SessionStateException ? ErrorCategory.ObjectNotFound : ErrorCategory.InvalidArgument,
        path);

    /// <summary>A pattern that matches nothing.</summary>
    public static ErrorRecord NothingMatches(string pattern, ErrorId id) => new(
        new ItemNotFoundException(
            $"Nothing matches '{pattern}'. Nothing was changed. Check the pattern; a name that itself holds brackets " +
            "goes to -LiteralPath."),
        id.ToString(),
        ErrorCategory.ObjectNotFound,
        pattern);

    /// <summary>An empty pipeline: a script that expects something to happen must hear that nothing did.</summary>
    public static ErrorRecord NothingGiven(string what, ErrorId id) => new(
        new ItemNotFoundException($"Nothing came through the pipeline: {what}."), id.ToString(), ErrorCategory.ObjectNotFound, null);

    /// <summary>More than one snapshot for one destination.</summary>
    public static ErrorRecord MoreThanOneSnapshot(int count, string destination) => new(
        new PSArgumentException(
            $"{count} snapshots cannot all be restored to '{destination}'. Nothing was changed. Name one snapshot, or " +
            "call Restore-Snapshot once for each with a destination of its own."),
        "MoreThanOneSnapshot",
        ErrorCategory.InvalidArgument,
        destination);

    /// <summary>More than one of the parameters for the password.</summary>
    public static ErrorRecord MoreThanOnePassword() => new(
        new PSArgumentException(
            "The password is given in more than one way. Nothing was changed. Choose one of -Credential, -Password, " +
            "-PasswordFile and -PasswordCommand."),
        nameof(ErrorId.InvalidArgument),
        ErrorCategory.InvalidArgument,
        null);

    /// <summary>A snapshot that was made, but lacks parts of its source.</summary>
    public static ErrorRecord SnapshotIncomplete(SnapshotManifest manifest)
    {
        const int shown = 3;
        string problems = string.Join("; ", manifest.Errors.Take(shown).Select(problem => problem.ToString()));
        string more = manifest.Errors.Length > shown ? $"; and {manifest.Errors.Length - shown} more" : string.Empty;
        return new ErrorRecord(
            new BackupException(
                ErrorId.SnapshotIncomplete,
                $"The snapshot '{manifest.SnapshotPath}' was made, but is incomplete: {problems}{more}. Its Errors property " +
                "lists all. Put right what could not be read and take another; until then older complete snapshots are kept.",
                manifest.SnapshotPath),
            nameof(ErrorId.SnapshotIncomplete),
            ErrorCategory.ReadError,
            manifest.SnapshotPath);
    }

    /// <summary>A restore that is done, but for some entries.</summary>
    public static ErrorRecord RestoreIncomplete(Core.Restore.RestoreResult restored) => new(
        new BackupException(
            ErrorId.RestoreIncomplete,
            $"'{restored.From}' was restored to '{restored.To}', but for {restored.NotRestored} " +
            $"{(restored.NotRestored == 1 ? "entry" : "entries")}, which the warnings name. " +
            "Restore to another file system to have all of it, or make up for what is missing.",
            restored.To),
        nameof(ErrorId.RestoreIncomplete),
        ErrorCategory.WriteError,
        restored.To);

    /// <summary>A snapshot that was made of a database which is corrupt.</summary>
    public static ErrorRecord SourceCorrupt(SnapshotManifest manifest) => new(
        new InvalidDataException(
            $"The snapshot '{manifest.SnapshotPath}' was made, but its check found corruption that is in the source " +
            $"'{manifest.Source}' too: {manifest.Check?.Detail}. Older snapshots were kept; restore one that " +
            "'Test-Snapshot -Level Rehearse' finds sound."),
        "SourceCorrupt",
        ErrorCategory.InvalidData,
        manifest.Source);

    private static ErrorCategory Category(ErrorId id) => id switch
    {
        ErrorId.InvalidArgument or ErrorId.RetentionPolicyEmpty or ErrorId.SnapshotAmbiguous => ErrorCategory.InvalidArgument,
        ErrorId.SourceNotFound or ErrorId.StoreNotFound or ErrorId.SnapshotNotFound => ErrorCategory.ObjectNotFound,
        ErrorId.SourceNotSupported or ErrorId.TargetKindMismatch => ErrorCategory.InvalidType,
        ErrorId.SourceUnreadable => ErrorCategory.ReadError,
        ErrorId.StoreNotWritable or ErrorId.InputOutput or ErrorId.CaptureFailed => ErrorCategory.WriteError,
        ErrorId.DatabaseOpenInThisSession or ErrorId.DatabaseBusy or ErrorId.StoreLocked or ErrorId.TargetInUse =>
            ErrorCategory.ResourceBusy,
        ErrorId.LockNotSupported or ErrorId.FormatNotSupported => ErrorCategory.NotImplemented,
        ErrorId.PasswordRequired or ErrorId.WrongPassword => ErrorCategory.AuthenticationError,
        ErrorId.LibraryMissing => ErrorCategory.NotInstalled,
        ErrorId.StoreDamaged or ErrorId.SnapshotDamaged or ErrorId.VerificationFailed or ErrorId.NothingToRestore => ErrorCategory.InvalidData,
        ErrorId.TargetExists or ErrorId.StoreExists => ErrorCategory.ResourceExists,
        ErrorId.RestoreInterrupted => ErrorCategory.InvalidOperation,
        ErrorId.NotEnoughSpace => ErrorCategory.ResourceUnavailable,
        ErrorId.SnapshotIncomplete => ErrorCategory.ReadError,
        ErrorId.RestoreIncomplete => ErrorCategory.WriteError,
        ErrorId.Cancelled => ErrorCategory.OperationStopped,
        _ => ErrorCategory.NotSpecified,
    };
}
