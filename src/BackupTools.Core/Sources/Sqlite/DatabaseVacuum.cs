namespace BackupTools.Core.Sources.Sqlite;

/// <summary>The compact copy that SQLite itself makes, running the schema anew.</summary>
internal static class DatabaseVacuum
{
    /// <summary>Writes a compact copy.</summary>
    /// <param name="connection">The database, open to be read.</param>
    /// <param name="output">Full path of an empty file.</param>
    /// <param name="bytes">Bytes of the database and its log.</param>
    /// <param name="item">The database, for messages.</param>
    /// <param name="isLive">Whether others use it: then that it is locked, or needs recovery, is the caller's to mend.</param>
    /// <param name="cancellation">Has been told to the connection, too.</param>
    /// <exception cref="BackupException"><see cref="ErrorId.CaptureFailed"/>.</exception>
    public static void Into(
        SqliteConnection connection, string output, long bytes, string item, bool isLive, CancellationToken cancellation)
    {
        using SqliteConfinement confinement = SqliteConfinement.ToDirectoryOf(output);
        using WorkLimit limit = WorkLimit.OnVacuum(connection, bytes, output);
        try
        {
            connection.Execute("VACUUM INTO ?1", DatabaseUri.Create(output, "vfs=" + SourceVfs.SystemName).Text);
        }
        catch (SqliteException e) when (!isLive || !IsCallersToMend(e))
        {
            cancellation.ThrowIfCancellationRequested();
            throw new BackupException(
                ErrorId.CaptureFailed,
                $"'{item}' cannot be captured by vacuum: {(limit.IsExceeded ? WorkLimit.Reason : e.Message)}. The source is as it " +
                "was. The capture 'exact', which copies pages without running the schema, does not need that.",
                item,
                e);
        }
    }

    private static bool IsCallersToMend(SqliteException e) => e.PrimaryCode is
        SqliteNative.Busy or SqliteNative.Locked or SqliteNative.Protocol or SqliteNative.ReadOnly or SqliteNative.CannotOpen
        or SqliteNative.NotADatabase;
}
