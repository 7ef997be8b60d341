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

    private bool TryCapture(DatabaseState before, string target, out DatabaseCaptureResult? result, out string reason)
    {
        DatabaseOpening opening = DatabaseOpenings.Choose(_location, before);
        _progress.Verbose(
            $"Capturing '{_item}' ({(before.IsWal ? "write-ahead log" : "rollback journal")}, {opening.Describe()}).", _item);
        if (opening == DatabaseOpening.Recovered)
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

        if (opening == DatabaseOpening.Immutable && !before.IsSameAs(DatabaseState.Read(_location)))
        {
            result = null;
            reason = "another process opened or changed it during the copy";
            return false;
        }

        reason = string.Empty;
        return true;
    }

    private DatabaseCaptureResult CaptureLive(DatabaseState before, DatabaseOpening opening, string target)
    {
        using SourceConnection source = new(_location, before.File.Identity, opening, _cancellation);
        if (_method == CaptureMethod.Vacuum)
        {
            return Vacuum(source, before, target);
        }

        source.BeginRead();
        Stopwatch locked = Stopwatch.StartNew();
        DateTime capturedAt = DateTime.UtcNow;
        void LetGo()
        {
            source.EndRead();
            locked.Stop();
        }

        string? sha256 = PageCopy.Run(
            source.Connection, target, ReadFirstPage(before), before.File.Size, LetGo, _progress, _item, _cancellation);
        return new DatabaseCaptureResult(
            CaptureMethod.Exact,
            capturedAt,
            before.IsWal,
            opening == DatabaseOpening.Plain ? locked.ElapsedMilliseconds : null,
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

    private DatabaseCaptureResult Vacuum(SourceConnection source, DatabaseState before, string target)
    {
        // A look first: it waits while others write, and settles whether the path led to the file that was seen.
        source.BeginRead();
        source.EndRead();
        Stopwatch locked = new();
        DateTime capturedAt = default;
        try
        {
            source.WhenNotBusy(() =>
            {
                Empty(target);
                locked.Restart();
                capturedAt = DateTime.UtcNow;
                source.Connection.Execute("VACUUM INTO ?1", DatabaseUri.Create(target, "vfs=" + SourceVfs.SystemName).Text);
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

    private static void Empty(string path)
    {
        using FileStream stream = new(path, FileMode.Truncate, FileAccess.Write);
    }
}
