using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>Waiting for a database that other processes have locked.</summary>
internal static class BusyDatabase
{
    /// <summary>How long others may keep a database locked.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until nobody keeps readers of a database file out.</summary>
    /// <param name="file">The open database file.</param>
    /// <param name="item">The database, for people.</param>
    /// <param name="progress">Is told that it waits.</param>
    /// <param name="cancellation">Ends waiting.</param>
    /// <exception cref="BackupException"><see cref="ErrorId.DatabaseBusy"/>.</exception>
    public static void WaitForReaders(FileHandle file, string item, ProgressTracker progress, CancellationToken cancellation)
    {
        progress.Verbose($"'{item}' is locked by another process; waiting up to {Limit.TotalSeconds:0} seconds.", item);
        long deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (true)
        {
            using (IDisposable? readLock = SharedDatabaseLock.TryTake(file))
            {
                if (readLock is not null)
                {
                    return;
                }
            }

            if (Environment.TickCount64 >= deadline)
            {
                throw StillLocked(item, "database is locked");
            }

            cancellation.WaitHandle.WaitOne(s_poll);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The error where waiting was in vain.</summary>
    public static BackupException StillLocked(string item, string reason, Exception? cause = null) => new(
        ErrorId.DatabaseBusy,
        $"The database '{item}' stayed locked by other processes for {Limit.TotalSeconds:0} seconds: {reason}. Nothing was " +
        "captured. Try again when its writer is idle.",
        item,
        cause);
}
