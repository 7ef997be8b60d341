using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Stores;

/// <summary>What the system refused in a store, in words that an admin can act on.</summary>
internal static class StoreErrors
{
    /// <summary>The error for something that failed while writing or removing.</summary>
    /// <param name="e">What the system said.</param>
    /// <param name="left">What was left as it was, a sentence.</param>
    public static BackupException Writing(FileSystemException e, string left) => e.Error switch
    {
        FileSystemError.NoSpace => new BackupException(
            ErrorId.NotEnoughSpace,
            $"The store's file system is full: {e.Message}. {left} Make room, or use a store elsewhere.",
            e.Path,
            e),
        FileSystemError.AccessDenied or FileSystemError.ReadOnly => new BackupException(
            ErrorId.StoreNotWritable,
            $"The store cannot be written: {e.Message}. {left} Check the permissions of the store and what is in it.",
            e.Path,
            e),
        FileSystemError.NameRefused => new BackupException(
            ErrorId.InputOutput,
            $"The store's file system does not keep names as they are: {e.Message}. {left} Use a repository, or a store on another file system.",
            e.Path,
            e),
        _ => new BackupException(
            ErrorId.InputOutput, $"Writing the store failed: {e.Message}. {left} Check the store's disk and file system.", e.Path, e),
    };

    /// <summary>The error for a part of a payload that cannot be read.</summary>
    public static BackupException Reading(FileSystemException e) => e.Error switch
    {
        FileSystemError.NotFound or FileSystemError.NotADirectory or FileSystemError.IsADirectory or FileSystemError.TooManyLinks =>
            new BackupException(
                ErrorId.VerificationFailed,
                $"The snapshot's payload is not what its listing says: {e.Message}. Nothing was changed; use another snapshot.",
                e.Path,
                e),
        _ => new BackupException(
            ErrorId.InputOutput,
            $"Reading the snapshot failed: {e.Message}. Nothing was changed. Check permissions and the store's disk.",
            e.Path,
            e),
    };
}
