using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>The errors that more than one part of a restore has to tell.</summary>
internal static class RestoreErrors
{
    public static BackupException Damaged(StoredSnapshot snapshot, string reason) => new(
        ErrorId.SnapshotDamaged,
        $"The snapshot '{snapshot.SnapshotPath}' is damaged: {reason}. Nothing was changed; use another snapshot.",
        snapshot.SnapshotPath);

    /// <summary>A payload that is not what was written down.</summary>
    /// <param name="path">The file.</param>
    /// <param name="witness">What says otherwise: "its manifest", "its listing".</param>
    public static BackupException DoesNotFit(string path, string witness) => new(
        ErrorId.VerificationFailed,
        $"'{path}' is not what {witness} says: its size or SHA-256 differs. The target was left as it was. Use another " +
        "snapshot, or skip the verification if damaged data is better than none.",
        path);

    /// <summary>Runs something and lets only <see cref="BackupException"/> and cancellation out.</summary>
    public static T Translate<T>(string place, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw From(e, place);
        }
    }

    /// <summary>What the system refused, when the target has been put back or was never touched.</summary>
    public static BackupException From(Exception e, string place)
    {
        (FileSystemError error, string reason, string path) = e switch
        {
            FileSystemException f => (f.Error, $"{f.Operation} '{f.Path}' failed: {f.Reason.TrimEnd('.')}", f.Path),
            UnauthorizedAccessException => (FileSystemError.AccessDenied, e.Message.TrimEnd('.'), place),
            _ => (OperatingSystem.IsWindows() ? FileSystemError.Other : PosixErrors.Classify(e.HResult), e.Message.TrimEnd('.'), place),
        };
        return error switch
        {
            FileSystemError.NoSpace => new BackupException(
                ErrorId.NotEnoughSpace, $"There is no space left: {reason}. The target '{place}' was left as it was. Make room and try again.", path, e),
            FileSystemError.NameRefused => new BackupException(
                ErrorId.InputOutput,
                $"The restore to '{place}' failed: {reason}. The target was left as it was. Restore to a file system that takes all names " +
                "of the snapshot, or restore a part of it.",
                path,
                e),
            _ => new BackupException(
                ErrorId.InputOutput, $"The restore to '{place}' failed: {reason}. The target was left as it was. Check permissions and the disk.", path, e),
        };
    }
}
