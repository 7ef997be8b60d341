using System.Runtime.ExceptionServices;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>Copies a database page for page with SQLite's online backup (https://sqlite.org/backup.html).</summary>
internal static unsafe class PageCopy
{
    // Large enough to make the calls cheap, small enough to stop within a fraction of a second.
    private const int BytesPerStep = 4 * 1024 * 1024;

    /// <summary>
    /// Copies what the source's open read transaction sees. That transaction is what keeps other processes' commits
    /// from starting the copy over.
    /// </summary>
    /// <param name="source">A connection with an open read transaction.</param>
    /// <param name="target">Full path of the copy; a file that stands there is replaced.</param>
    /// <param name="firstPage">The source's first page as it lies in its file.</param>
    /// <param name="expected">Bytes that the copy will have, as far as is known.</param>
    /// <param name="most">Bytes of the database and its log: it cannot be larger, whatever its header or its log say.</param>
    /// <param name="copied">Called when all pages are read: nobody needs to wait for the rest.</param>
    /// <param name="progress">Hears of the bytes copied.</param>
    /// <param name="item">The name to tell with them.</param>
    /// <param name="cancellation">Stops the copy.</param>
    /// <returns>SHA-256 of the copy in lower-case hex, where it could be taken on the way.</returns>
    public static string? Run(
        SqliteConnection source,
        string target,
        byte[] firstPage,
        long expected,
        long most,
        Action copied,
        ProgressTracker progress,
        string item,
        CancellationToken cancellation)
    {
        using CopyTarget file = new(target, firstPage, expected, cancellation);
        DatabaseUri uri = CopyFiles.Add(file, out string name);
        try
        {
            Copy(source, uri, firstPage.Length, most, progress, item, cancellation);
        }
        catch (SqliteException) when (file.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
        finally
        {
            CopyFiles.Remove(name);
        }

        copied();
        return file.Finish();
    }

    private static void Copy(
        SqliteConnection source,
        DatabaseUri target,
        int pageSize,
        long most,
        ProgressTracker progress,
        string item,
        CancellationToken cancellation)
    {
        using SqliteConnection copy = SqliteConnection.Open(target, SqliteNative.OpenReadWrite);

        // Nothing needs to survive a crash before the caller's own fsync, and the copy has no other reader.
        // A defensive connection takes no journal_mode=OFF; pages of an empty file are not journalled anyway.
        copy.Execute("PRAGMA journal_mode=MEMORY");
        copy.Execute("PRAGMA synchronous=OFF");
        copy.Execute("PRAGMA locking_mode=EXCLUSIVE");
        int pagesPerStep = BytesPerStep / Math.Max(pageSize, 512);
        fixed (byte* main = "main\0"u8)
        {
            nint backup = SqliteNative.BackupInit(copy.Handle, main, source.Handle, main);
            if (backup == 0)
            {
                copy.Check(SqliteNative.ErrorCode(copy.Handle));
            }

            try
            {
                int result;
                int before = 0;
                do
                {
                    cancellation.ThrowIfCancellationRequested();
                    result = SqliteNative.BackupStep(backup, pagesPerStep);
                    DatabaseSize.Refuse((uint)SqliteNative.BackupPageCount(backup), pageSize, most);
                    int done = SqliteNative.BackupPageCount(backup) - SqliteNative.BackupRemaining(backup);
                    progress.Add(item, (long)(done - before) * pageSize);
                    before = done;
                }
                while (result == SqliteNative.Ok);
                if (result != SqliteNative.Done)
                {
                    int finish = SqliteNative.BackupFinish(backup);
                    backup = 0;
                    throw copy.ErrorOf(finish == SqliteNative.Ok ? result : finish);
                }
            }
            finally
            {
                if (backup != 0)
                {
                    _ = SqliteNative.BackupFinish(backup);
                }
            }
        }
    }
}
