using BackupTools.Core.FileSystem;
using BackupTools.Restic;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>What goes wrong with a repository, in words that an admin can act on.</summary>
internal static class RepositoryErrors
{
    /// <summary>What to do about an index that is damaged or missing.</summary>
    public const string RepairAdvice = $"{CommandNames.Repair} makes the index anew from the packs.";

    private const string VerifyAdvice = $"{CommandNames.Verify} tells what else is damaged.";

    /// <summary>Whether an exception is one that <see cref="From"/> knows.</summary>
    public static bool IsMine(Exception e) =>
        e is RepositoryException or RepositoryDataException or IOException or UnauthorizedAccessException;

    /// <summary>Runs something, and tells what goes wrong as a <see cref="BackupException"/>.</summary>
    /// <param name="path">Path of the repository, or of the snapshot in it.</param>
    /// <param name="left">What was left as it was, a sentence.</param>
    /// <param name="action">What to run.</param>
    public static T Translate<T>(string path, string left, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (IsMine(e))
        {
            throw From(e, path, left);
        }
    }

    /// <summary>The error to tell.</summary>
    public static BackupException From(Exception e, string path, string left) => e switch
    {
        RepositoryException known => new BackupException(Identify(known.Error), Text(known, left), path, e),
        RepositoryDataException data => new BackupException(
            ErrorId.VerificationFailed,
            $"'{path}' cannot be read as it was stored: {Ended(e.Message)} {left} {(data.IsIndexIncomplete ? RepairAdvice : VerifyAdvice)}",
            path,
            e),
        FileSystemException system => StoreErrors.Writing(system, left),
        UnconfirmedFileException => new BackupException(
            ErrorId.InputOutput, $"{e.Message}: the snapshot is there, and a power cut may still take it. Look at the disk, and verify the repository.", path, e),
        UnauthorizedAccessException => new BackupException(
            ErrorId.StoreNotWritable, $"The system refused a file of the repository '{path}': {Ended(e.Message)} {left} Check permissions.", path, e),
        _ when Classify(e) == FileSystemError.ReadOnly => new BackupException(
            ErrorId.StoreNotWritable, $"The repository '{path}' cannot be written: {Ended(e.Message)} {left}", path, e),
        _ when Classify(e) == FileSystemError.NoSpace => new BackupException(
            ErrorId.NotEnoughSpace, $"There is no space left for the repository '{path}': {Ended(e.Message)} {left} Make room and try again.", path, e),
        _ => new BackupException(
            ErrorId.InputOutput, $"A file of the repository '{path}' could not be read or written: {Ended(e.Message)} {left}", path, e),
    };

    /// <summary>A message as a sentence that another can follow.</summary>
    public static string Ended(string text) => text.EndsWith('.') ? text : text + ".";

    private static FileSystemError Classify(Exception e) =>
        OperatingSystem.IsWindows() ? WindowsErrors.From(e, string.Empty, string.Empty).Error : PosixErrors.Classify(e.HResult);

    private static ErrorId Identify(RepositoryError error) => error switch
    {
        RepositoryError.NotFound => ErrorId.StoreNotFound,
        RepositoryError.AlreadyExists => ErrorId.StoreExists,
        RepositoryError.WrongPassword => ErrorId.WrongPassword,
        RepositoryError.UnsupportedVersion => ErrorId.FormatNotSupported,
        RepositoryError.ZstandardMissing => ErrorId.LibraryMissing,
        RepositoryError.Locked or RepositoryError.LockLost => ErrorId.StoreLocked,
        _ => ErrorId.VerificationFailed,
    };

    private static string Text(RepositoryException e, string left) =>
        Ended(e.Message) + (e.Message.Contains(left, StringComparison.Ordinal) ? string.Empty : " " + left) + Advice(e.Error);

    private static string Advice(RepositoryError error) => error switch
    {
        RepositoryError.Locked =>
            " Wait for that run to end, or allow more time with the lock timeout. A lock whose process is certainly dead is removed " +
            "by itself, any other when it is 30 minutes old.",
        RepositoryError.WrongPassword => " Check where the password comes from.",
        RepositoryError.BlobNotFound => $" {VerifyAdvice} If a pack has it, {RepairAdvice}",
        _ => string.Empty,
    };
}
