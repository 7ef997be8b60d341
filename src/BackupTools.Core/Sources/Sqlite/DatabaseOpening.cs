using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>How a live database is opened so that SQLite makes nothing beside it.</summary>
internal enum DatabaseOpening
{
    /// <summary>Rollback journal: a shared lock for as long as the transaction lasts.</summary>
    Plain,

    /// <summary>A write-ahead log that others use: their shared memory is read, not written.</summary>
    BesideLog,

    /// <summary>A write-ahead log cleanly closed: nothing to lock, and proven unchanged afterwards.</summary>
    Immutable,

    /// <summary>What lies there needs recovery, which writes: done on a private copy.</summary>
    Recovered,
}

/// <summary>Chooses how to open a database by what stands beside it.</summary>
internal static class DatabaseOpenings
{
    public static DatabaseOpening Choose(DatabaseLocation location, DatabaseState state)
    {
        if (!state.IsWal)
        {
            return HasHotJournal(location, state) ? DatabaseOpening.Recovered : DatabaseOpening.Plain;
        }

        if (state.Log is not { } log)
        {
            return DatabaseOpening.Immutable;
        }

        if (state.SharedMemory is not null)
        {
            return LogHeader.IsForeign(location) ? DatabaseOpening.Recovered : DatabaseOpening.BesideLog;
        }

        return log.Size == 0 ? DatabaseOpening.Immutable : DatabaseOpening.Recovered;
    }

    /// <summary>The parameters of the URI.</summary>
    public static string Parameters(this DatabaseOpening opening) => opening switch
    {
        DatabaseOpening.Immutable => "mode=ro&immutable=1",

        // The shared memory too where there was no log a moment ago: the database may be switched to one meanwhile.
        _ => "mode=ro&readonly_shm=1",
    };

    /// <summary>The choice in words.</summary>
    public static string Describe(this DatabaseOpening opening) => opening switch
    {
        DatabaseOpening.Immutable => "nobody has it open",
        DatabaseOpening.BesideLog => "beside its users",
        DatabaseOpening.Plain => "writers wait for the copy",
        _ => "recovered on a private copy",
    };

    // SQLite finds out by itself, but opening a journal as root it also gives it the database's owner: so it is kept
    // from looking where that can be told beforehand.
    private static bool HasHotJournal(DatabaseLocation location, DatabaseState state)
    {
        if (state.Journal is not { Size: > 0 })
        {
            return false;
        }

        try
        {
            using FileHandle journal = location.Directory.OpenFile(DatabaseFile.Sidecar(location.Name, "-journal"));
            byte[] first = new byte[1];
            if (journal.ReadAt(first, 0) == 0 || first[0] == 0)
            {
                return false;
            }

            using FileHandle file = location.Directory.OpenFile(location.Name);
            return !SharedDatabaseLock.IsWriterActive(file);
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            // The transaction ended in between.
            return false;
        }
    }
}
