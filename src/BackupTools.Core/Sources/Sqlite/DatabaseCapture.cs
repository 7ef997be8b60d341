using System.Diagnostics;
using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>How a database was captured.</summary>
/// <param name="Method">Page for page, compact, or raw.</param>
/// <param name="CapturedAt">When the copy was the database's state (UTC).</param>
/// <param name="IsWal">Whether the source uses a write-ahead log.</param>
/// <param name="LockedMs">How long writers had to wait, in milliseconds; absent where they did not.</param>
/// <param name="Source">The file's status at its source.</param>
/// <param name="RawReason">What SQLite said, where the capture is raw.</param>
internal sealed record DatabaseCaptureResult(
    CaptureMethod Method, DateTime CapturedAt, bool IsWal, long? LockedMs, FileStatus Source, string? RawReason = null)
{
    /// <summary>SHA-256 of the copy in lower-case hex, where it was taken on the way.</summary>
    public string? Sha256 { get; init; }
}

/// <summary>
/// Copies a live database as one transaction's view, without writing anything beside it and without stopping others
/// for longer than the copy takes. How it is opened depends on what stands beside it: see docs/design.md.
/// </summary>
internal sealed class DatabaseCapture
{
    private const int MaxAttempts = 20;
    private static readonly TimeSpan s_busyWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_busyLimit = TimeSpan.FromSeconds(30);

    private readonly DatabaseLocation _location;
    private readonly CaptureMethod _method;
    private readonly ProgressTracker _progress;
    private readonly CancellationToken _cancellation;
    private readonly string _item;

    private DatabaseCapture(
        DatabaseLocation location, CaptureMethod method, ProgressTracker progress, CancellationToken cancellation)
    {
        _location = location;
        _method = method;
        _progress = progress;
        _cancellation = cancellation;
        _item = location.Text;
    }

    /// <summary>How a database is opened so that SQLite makes nothing beside it.</summary>
    private enum Opening
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

    /// <summary>Captures a database into an empty file.</summary>
    /// <param name="location">The live database.</param>
    /// <param name="target">Full path of an empty private file, which receives the copy.</param>
    /// <param name="method">Page for page or compact.</param>
    /// <param name="progress">Hears of bytes and decisions.</param>
    /// <param name="cancellation">Stops within a fraction of a second.</param>
    /// <exception cref="BackupException">
    /// <see cref="ErrorId.DatabaseOpenInThisSession"/>, <see cref="ErrorId.DatabaseBusy"/>,
    /// <see cref="ErrorId.CaptureFailed"/>.
    /// </exception>
    /// <exception cref="FileSystemException">The file or the target cannot be read or written.</exception>
    public static DatabaseCaptureResult Run(
        DatabaseLocation location,
        string target,
        CaptureMethod method,
        ProgressTracker progress,
        CancellationToken cancellation) =>
        new DatabaseCapture(location, method, progress, cancellation).Run(target);

    /// <summary>Refuses a file that other code in this process holds open, before anything touches it.</summary>
    public static void RefuseIfOpenInThisSession(FileIdentity identity, string path)
    {
        if (OpenDatabases.IsOpenElsewhereInThisProcess(identity))
        {
            throw new BackupException(
                ErrorId.DatabaseOpenInThisSession,
                $"The database '{path}' is open in this very session, through another module or library. Reading it " +
                "here would drop that code's locks, so it was not touched. Close it there, or take the snapshot from " +
                "another process.",
                path);
        }
    }

    private DatabaseCaptureResult Run(string target)
    {
        if (!_location.Directory.TryGetStatus(_location.Name, out FileStatus status))
        {
            throw new FileSystemException(FileSystemError.NotFound, "opening", _item, "it does not exist");
        }

        RefuseIfOpenInThisSession(status.Identity, _item);
        using IDisposable registration = OpenDatabases.Register(status.Identity);
        string lastReason = string.Empty;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            _cancellation.ThrowIfCancellationRequested();
            DatabaseState before = DatabaseState.Read(_location);
            if (before.File.Identity != status.Identity)
            {
                throw new BackupException(
                    ErrorId.CaptureFailed,
                    $"The database '{_item}' was replaced by another file while it was being opened. Nothing was captured; try again.",
                    _item);
            }

            if (attempt > 0)
            {
                _progress.Verbose(string.Create(
                    CultureInfo.InvariantCulture, $"Capturing '{_item}' again (attempt {attempt + 1}): {lastReason}"), _item);
                Empty(target);
            }

            try
            {
                if (TryCapture(before, target, out DatabaseCaptureResult? result, out lastReason))
                {
                    return result!;
                }
            }
            catch (SqliteException e) when (e.PrimaryCode is SqliteNative.NotADatabase or SqliteNative.Corrupt)
            {
                return CopyRaw(before, target, e.Message);
            }
        }

        throw new BackupException(
            ErrorId.CaptureFailed,
            $"The database '{_item}' could not be captured: {lastReason}, each of {MaxAttempts} times. The source is as it was; try again when it is quieter.",
            _item);
    }

    private Opening ChooseOpening(DatabaseState state)
    {
        if (!state.IsWal)
        {
            return HasHotJournal(state) ? Opening.Recovered : Opening.Plain;
        }

        if (state.Log is not { } log)
        {
            return Opening.Immutable;
        }

        if (state.SharedMemory is not null)
        {
            return Opening.BesideLog;
        }

        return log.Size == 0 ? Opening.Immutable : Opening.Recovered;
    }

    // SQLite finds out by itself, but opening a journal as root it also gives it the database's owner: so it is kept
    // from looking where that can be told beforehand.
    private bool HasHotJournal(DatabaseState state)
    {
        if (state.Journal is not { Size: > 0 })
        {
            return false;
        }

        try
        {
            using FileHandle journal = _location.Directory.OpenFile(DatabaseFile.Sidecar(_location.Name, "-journal"));
            byte[] first = new byte[1];
            if (journal.ReadAt(first, 0) == 0 || first[0] == 0)
            {
                return false;
            }

            using FileHandle file = _location.Directory.OpenFile(_location.Name);
            return !SharedDatabaseLock.IsWriterActive(file);
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            // The transaction ended in between.
            return false;
        }
    }

    private bool TryCapture(DatabaseState before, string target, out DatabaseCaptureResult? result, out string reason)
    {
        Opening opening = ChooseOpening(before);
        _progress.Verbose(
            $"Capturing '{_item}' ({(before.IsWal ? "write-ahead log" : "rollback journal")}, {Describe(opening)}).", _item);
        if (opening == Opening.Recovered)
        {
            return TryRecovered(before, target, out result, out reason);
        }

        try
        {
            result = CaptureLive(before, opening, target);
        }
        catch (SqliteException e) when (NeedsRecovery(e))
        {
            _progress.Verbose($"'{_item}' needs recovery ({e.Message}): that is done on a private copy.", _item);
            return TryRecovered(DatabaseState.Read(_location), target, out result, out reason);
        }

        if (opening == Opening.Immutable && !before.IsSameAs(DatabaseState.Read(_location)))
        {
            result = null;
            reason = "another process opened or changed it during the copy";
            return false;
        }

        reason = string.Empty;
        return true;
    }

    private DatabaseCaptureResult CaptureLive(DatabaseState before, Opening opening, string target)
    {
        int descriptorsBefore = CountDescriptors(before.File.Identity);
        string parameters = opening switch
        {
            Opening.Immutable => "mode=ro&immutable=1",
            Opening.BesideLog => "mode=ro&readonly_shm=1",
            _ => "mode=ro",
        };
        using SqliteConnection source = SqliteConnection.Open(
            DatabaseUri.Create(_location.FullPath, parameters), SqliteNative.OpenReadOnly | SqliteNative.OpenNoFollow);
        using CancellationTokenRegistration interrupt = source.InterruptOn(_cancellation);
        source.SetBusyTimeout(s_busyWait);
        if (_method == CaptureMethod.Vacuum)
        {
            return Vacuum(source, before, descriptorsBefore, target);
        }

        BeginRead(source);
        Stopwatch locked = Stopwatch.StartNew();
        DateTime capturedAt = DateTime.UtcNow;
        RefuseIfElsewhere(before.File.Identity, descriptorsBefore);
        string? sha256 = PageCopy.Run(source, target, ReadFirstPage(before), _progress, _item, _cancellation);
        source.Execute("COMMIT");
        return new DatabaseCaptureResult(
            CaptureMethod.Exact,
            capturedAt,
            before.IsWal,
            opening == Opening.Plain ? locked.ElapsedMilliseconds : null,
            before.File)
        {
            Sha256 = sha256,
        };
    }

    // Beside a log this may be an older state of the page: then the copy's hash is not known on the way.
    private byte[] ReadFirstPage(DatabaseState state)
    {
        byte[] page = new byte[DatabaseFile.PageSize(state.Header)];
        using FileHandle file = _location.Directory.OpenFile(_location.Name);
        int count = file.ReadAt(page, 0);
        return page[..count];
    }

    private DatabaseCaptureResult Vacuum(SqliteConnection source, DatabaseState before, int descriptorsBefore, string target)
    {
        // A look first: it waits while others write, and settles whether the path led to the file that was seen.
        BeginRead(source);
        RefuseIfElsewhere(before.File.Identity, descriptorsBefore);
        source.Execute("COMMIT");
        Stopwatch locked = new();
        DateTime capturedAt = default;
        try
        {
            WhenNotBusy(() =>
            {
                Empty(target);
                locked.Restart();
                capturedAt = DateTime.UtcNow;
                source.Execute("VACUUM INTO ?1", target);
            });
        }
        catch (SqliteException e) when (
            !NeedsRecovery(e) && e.PrimaryCode != SqliteNative.NotADatabase)
        {
            throw new BackupException(
                ErrorId.CaptureFailed,
                $"'{_item}' cannot be captured by vacuum: {e.Message}. The source is as it was. The capture 'exact', " +
                "which copies pages without running the schema, does not need that.",
                _item,
                e);
        }

        return new DatabaseCaptureResult(
            CaptureMethod.Vacuum, capturedAt, before.IsWal, before.IsWal ? null : locked.ElapsedMilliseconds, before.File);
    }

    /// <summary>Begins a read transaction and makes it real, waiting while others hold their locks.</summary>
    private void BeginRead(SqliteConnection source)
    {
        source.Execute("BEGIN");

        // Reads the header alone, so it works on a schema that this engine cannot parse.
        WhenNotBusy(() => source.Execute("PRAGMA main.schema_version"));
    }

    /// <summary>Runs something again while others hold their locks; SQLite's own waiting could not be cancelled.</summary>
    private void WhenNotBusy(Action action)
    {
        long deadline = Environment.TickCount64 + (long)s_busyLimit.TotalMilliseconds;
        while (true)
        {
            _cancellation.ThrowIfCancellationRequested();
            try
            {
                action();
                return;
            }
            catch (SqliteException e) when (IsBusy(e) && Environment.TickCount64 < deadline)
            {
            }
            catch (SqliteException e) when (e.PrimaryCode == SqliteNative.Interrupt)
            {
                throw new OperationCanceledException(_cancellation);
            }
            catch (SqliteException e) when (IsBusy(e))
            {
                throw new BackupException(
                    ErrorId.DatabaseBusy,
                    $"The database '{_item}' stayed locked by other processes for {s_busyLimit.TotalSeconds:0} seconds: " +
                    $"{e.Message}. Nothing was captured. Try again when its writer is idle.",
                    _item,
                    e);
            }
        }
    }

    private static bool IsBusy(SqliteException e) =>
        e.PrimaryCode is SqliteNative.Busy or SqliteNative.Locked or SqliteNative.Protocol;

    private bool TryRecovered(DatabaseState before, string target, out DatabaseCaptureResult? result, out string reason)
    {
        result = null;
        DateTime capturedAt = DateTime.UtcNow;
        using RecoveryCopy copy = new(_location, target, _progress, _cancellation);
        if (!copy.TryCopy(before, out reason))
        {
            return false;
        }

        copy.Recover();
        if (_method == CaptureMethod.Vacuum)
        {
            copy.Vacuum();
        }

        result = new DatabaseCaptureResult(_method, capturedAt, before.IsWal, copy.LockedMs, before.File);
        return true;
    }

    private DatabaseCaptureResult CopyRaw(DatabaseState before, string target, string reason)
    {
        _progress.Warn(
            $"SQLite cannot read '{_item}' ({reason}); the file is copied as it lies and cannot be verified.", _item);
        Empty(target);
        DateTime capturedAt = DateTime.UtcNow;
        using FileHandle file = _location.Directory.OpenFile(_location.Name);
        RawCopy.Run(file, target, _progress, _item, _cancellation);
        return new DatabaseCaptureResult(CaptureMethod.Raw, capturedAt, before.IsWal, null, before.File, reason);
    }

    // What SQLite says, read-only, of a hot journal and of a log that it would have to recover first.
    private static bool NeedsRecovery(SqliteException e) =>
        e.PrimaryCode is SqliteNative.ReadOnly or SqliteNative.CannotOpen;

    private static string Describe(Opening opening) => opening switch
    {
        Opening.Immutable => "nobody has it open",
        Opening.BesideLog => "beside its users",
        Opening.Plain => "writers wait for the copy",
        _ => "recovered on a private copy",
    };

    private static void Empty(string path)
    {
        using FileStream stream = new(path, FileMode.Truncate, FileAccess.Write);
    }

    // SQLite goes by path. That it reached the file that was looked at through handles, and not another one that a
    // link swapped in meanwhile leads to, shows in one more descriptor of that file.
    private void RefuseIfElsewhere(FileIdentity identity, int descriptorsBefore)
    {
        if (!OperatingSystem.IsWindows() && CountDescriptors(identity) <= descriptorsBefore)
        {
            throw new BackupException(
                ErrorId.CaptureFailed,
                $"The path '{_item}' led to another file while the database was being opened. Nothing was captured; " +
                "find out what replaces files or links there.",
                _item);
        }
    }

    private static int CountDescriptors(FileIdentity identity) =>
        OperatingSystem.IsWindows() ? 0 : OpenDatabases.CountDescriptors(identity);
}
