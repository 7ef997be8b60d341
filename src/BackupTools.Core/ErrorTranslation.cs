using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Core.Stores.Repositories;
using BackupTools.Restic;

namespace BackupTools.Core;

/// <summary>Turns what the system and SQLite report into errors that tell what to do.</summary>
internal static class ErrorTranslation
{
    /// <summary>Runs something and lets only <see cref="BackupException"/> and cancellation out.</summary>
    /// <param name="place">The place that is written to: a store or a target.</param>
    /// <param name="left">What is left as it was, as a sentence.</param>
    /// <param name="action">What to run.</param>
    public static T Run<T>(string place, string left, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is RepositoryException or RepositoryDataException)
        {
            throw RepositoryErrors.From(e, place, left);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException or ArgumentException)
        {
            throw From(e, place, left);
        }
    }

    private static BackupException From(Exception e, string place, string left)
    {
        const int full = 13;
        (FileSystemError error, string? path, string reason) = e switch
        {
            FileSystemException f => (f.Error, f.Path, f.Message),
            SqliteException s => (s.PrimaryCode == full ? FileSystemError.NoSpace : FileSystemError.Other, null, "SQLite: " + s.Message),
            UnauthorizedAccessException => (FileSystemError.AccessDenied, null, e.Message),
            FileNotFoundException n => (FileSystemError.NotFound, n.FileName, e.Message),
            IOException => (PosixErrors.Classify(e.HResult), null, e.Message),
            _ => (FileSystemError.Other, null, e.Message),
        };
        bool isPlace = path is null || path.StartsWith(place, StringComparison.Ordinal);
        return error switch
        {
            FileSystemError.NoSpace => new BackupException(
                ErrorId.NotEnoughSpace, $"There is no space left: {reason}. {left} Make room and try again.", path ?? place, e),
            FileSystemError.AccessDenied or FileSystemError.ReadOnly when isPlace => new BackupException(
                ErrorId.StoreNotWritable, $"'{place}' cannot be written: {reason}. {left} Check its permissions.", path ?? place, e),
            FileSystemError.NameRefused => new BackupException(
                ErrorId.InputOutput,
                $"The store's file system cannot keep this source's names apart, or takes not all of them: {reason}. {left} Use a repository, " +
                "a store on another file system, or leave such entries out.",
                path ?? place,
                e),
            _ => new BackupException(ErrorId.InputOutput, $"The system refused: {reason}. {left}", path ?? place, e),
        };
    }
}
