namespace BackupTools.Core.Sources.Sqlite;

/// <summary>Copies a database page for page with SQLite's online backup (https://sqlite.org/backup.html).</summary>
internal static unsafe class PageCopy
{
    // Large enough to make the calls cheap, small enough to stop within a fraction of a second.
    private const int PagesPerStep = 1024;

    /// <summary>
    /// Copies what the source's open read transaction sees. That transaction is what keeps other processes' commits
    /// from starting the copy over.
    /// </summary>
    /// <param name="source">A connection with an open read transaction.</param>
    /// <param name="target">Full path of an empty file.</param>
    /// <param name="firstPage">The source's first page as it lies in its file.</param>
    /// <param name="copied">Called when all pages are read: nobody needs to wait for the rest.</param>
    /// <param name="progress">Hears of the bytes copied.</param>
    /// <param name="item">The name to tell with them.</param>
    /// <param name="cancellation">Stops the copy.</param>
    /// <returns>SHA-256 of the copy in lower-case hex, where it could be taken on the way.</returns>
    public static string? Run(
        SqliteConnection source,
        string target,
        byte[] firstPage,
        Action copied,
        ProgressTracker progress,
        string item,
        CancellationToken cancellation)
    {
        using CopyFollower follower = new(target, firstPage);
        Copy(source, target, firstPage.Length, follower, progress, item, cancellation);
        copied();
        return follower.Finish();
    }

    private static void Copy(
        SqliteConnection source,
        string target,
        int pageSize,
        CopyFollower follower,
        ProgressTracker progress,
        string item,
        CancellationToken cancellation)
    {
        using SqliteConnection copy = SqliteConnection.Open(
            DatabaseUri.Create(target, "mode=rw"), SqliteNative.OpenReadWrite);

        // Nothing needs to survive a crash before the caller's own fsync, and the copy has no other reader.
        // A defensive connection takes no journal_mode=OFF; pages of an empty file are not journalled anyway.
        copy.Execute("PRAGMA journal_mode=MEMORY");
        copy.Execute("PRAGMA synchronous=OFF");
        copy.Execute("PRAGMA locking_mode=EXCLUSIVE");
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
                    result = SqliteNative.BackupStep(backup, PagesPerStep);
                    int done = SqliteNative.BackupPageCount(backup) - SqliteNative.BackupRemaining(backup);
                    progress.Add(item, (long)(done - before) * pageSize);
                    before = done;
                    if (result == SqliteNative.Ok)
                    {
                        copy.Check(SqliteNative.FlushCache(copy.Handle));
                        follower.Advance((long)done * pageSize);
                    }
                }
                while (result == SqliteNative.Ok);
                if (result != SqliteNative.Done)
                {
                    int finish = SqliteNative.BackupFinish(backup);
                    backup = 0;
                    throw new SqliteException(finish == SqliteNative.Ok ? result : finish, copy.LastMessage);
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
