using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Directories;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Sources;

/// <summary>Finds out what a path names.</summary>
internal static class SourceLocator
{
    /// <summary>Opens a source.</summary>
    /// <param name="path">A database or a directory; a relative path is against the current directory.</param>
    /// <exception cref="BackupException">
    /// <see cref="ErrorId.SourceNotFound"/>, <see cref="ErrorId.SourceNotSupported"/>,
    /// <see cref="ErrorId.SourceUnreadable"/>, <see cref="ErrorId.DatabaseOpenInThisSession"/>.
    /// </exception>
    public static ISnapshotSource Open(string path)
    {
        string fullPath = Path.GetFullPath(path);
        try
        {
            // Links that the caller names are followed; SQLite, and all below, gets the path that they lead to.
            string realPath = CanonicalPath.Of(fullPath);
            if (Directory.Exists(realPath))
            {
                return new DirectorySource(Path.TrimEndingDirectorySeparator(fullPath), DirectoryHandle.Open(realPath), Encoding.UTF8.GetBytes(realPath));
            }

            return OpenDatabase(fullPath, realPath);
        }
        catch (FileSystemException e)
        {
            throw e.Error is FileSystemError.NotFound or FileSystemError.NotADirectory
                ? new BackupException(
                    ErrorId.SourceNotFound,
                    $"The source '{fullPath}' does not exist. Nothing was changed; check the path.",
                    fullPath,
                    e)
                : new BackupException(
                    ErrorId.SourceUnreadable,
                    $"The source '{fullPath}' cannot be read: {e.Reason}. Nothing was changed; " +
                    (e.Error == FileSystemError.Other ? "look at its disk." : "run as a user who may read it."),
                    fullPath,
                    e);
        }
    }

    private static SqliteSource OpenDatabase(string fullPath, string realPath)
    {
        DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(realPath) ?? realPath);
        try
        {
            EntryName name = EntryName.FromText(Path.GetFileName(realPath));
            if (!directory.TryGetStatus(name, out FileStatus status))
            {
                throw new FileSystemException(FileSystemError.NotFound, "opening", fullPath, "it does not exist");
            }

            if (status.Type != EntryType.File)
            {
                throw NotSupported(fullPath, "it is neither a file nor a directory");
            }

            DatabaseCapture.RefuseIfOpenInThisSession(status.Identity, fullPath);
            byte[] head = new byte[16];
            using (FileHandle file = directory.OpenFile(name))
            {
                if (file.ReadAt(head, 0) < head.Length || !DatabaseFile.HasMagic(head))
                {
                    throw NotSupported(fullPath, "it is no SQLite database by its header (an encrypted one has none)");
                }
            }

            return new SqliteSource(fullPath, new DatabaseLocation(directory, name, Encoding.UTF8.GetBytes(realPath)), status.Size);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static BackupException NotSupported(string path, string reason) => new(
        ErrorId.SourceNotSupported,
        $"The source '{path}' cannot be backed up: {reason}. Nothing was changed. Name a SQLite database, or the directory that holds the file.",
        path);
}
