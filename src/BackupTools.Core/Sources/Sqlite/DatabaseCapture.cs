using System.Diagnostics;
using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// Copies a live database as one transaction's view, without writing anything beside it and without stopping others
/// for longer than the copy takes. How it is opened depends on what stands beside it: see docs/design.md.
/// </summary>
internal sealed class DatabaseCapture
{
    private const int MaxAttempts = 20;
    private const string Changed = "another process opened or changed it during the copy";
    private const string Replaced = "it was replaced by another file while it was being opened";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

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
        CancellationToken cancellation)
    {
        try
        {
            return new DatabaseCapture(location, method, progress, cancellation).Run(target);
        }
        catch (FileSystemException e) when (DatabaseState.IsBeside(location, e.Path))
        {
            string advice = e.Error switch
            {
                FileSystemError.AccessDenied => "run as a user who may read it",
                FileSystemError.Other when e.Code != 0 => "look at the disk",
                FileSystemError.TooManyOpenFiles => "try again",
                _ => "find out what put it there",
            };
            string message = $"What stands beside the database '{location.Text}' cannot be read: {e.Message}. Nothing was captured; {advice}.";
            throw new BackupException(ErrorId.CaptureFailed, message, e.Path, e);
        }
    }

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
        string lastReason = string.Empty;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (attempt > 0)
            {
                _progress.Verbose(string.Create(
                    CultureInfo.InvariantCulture, $"Capturing '{_item}' again (attempt {attempt + 1}): {lastReason}"), _item);
                _cancellation.WaitHandle.WaitOne(s_pause);
                Empty(target);
            }

            _cancellation.ThrowIfCancellationRequested();
            if (!_location.Directory.TryGetStatus(_location.Name, out FileStatus status))
            {
                throw new FileSystemException(FileSystemError.NotFound, "opening", _item, "it does not exist");
            }

            RefuseIfOpenInThisSession(status.Identity, _item);
            using IDisposable registration = OpenDatabases.Register(status.Identity);
            DatabaseState before = DatabaseState.Read(_location);
            if (before.File.Identity != status.Identity)
            {
                lastReason = Replaced;
                continue;
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
                // What is read while others write need not look like a database at all.
                if (before.IsSameAs(DatabaseState.Read(_location)))
                {
                    return CopyRaw(before, target, e.Message);
                }

                lastReason = Changed;
            }
        }

        throw new BackupException(
            ErrorId.CaptureFailed,
            $"The database '{_item}' could not be captured: {lastReason}, each of {MaxAttempts} times. Nothing was captured " +
            "and the source is as it was; try again when it is quieter, and find out what replaces files or links there.",
            _item);
    }

    private bool TryCapture(DatabaseState before, string target, out DatabaseCaptureResult? result, out string reason)
    {
        DatabaseOpening opening = DatabaseOpenings.Choose(_location, before);
        _progress.Verbose(
            $"Capturing '{_item}' ({(before.IsWal ? "write-ahead log" : "rollback journal")}, {opening.Describe()}).", _item);
        try
        {
            return opening switch
            {
                DatabaseOpening.Recovered => TryRecovered(before, target, out result, out reason),
                DatabaseOpening.Immutable => TryUnused(before, target, out result, out reason),
                _ => TryLive(before, opening, target, out result, out reason),
            };
        }
        catch (SqliteException e) when (opening != DatabaseOpening.Recovered && NeedsRecovery(e))
        {
            _progress.Verbose($"'{_item}' needs recovery ({e.Message}): that is done on a private copy.", _item);
            return TryRecovered(DatabaseState.Read(_location), target, out result, out reason);
        }
    }

    // The lock keeps whoever opens the database meanwhile from writing its log back when he closes it. Where he does so
    // before, the file shows it.
    private bool TryUnused(DatabaseState before, string target, out DatabaseCaptureResult? result, out string reason)
    {
        result = null;
        reason = Changed;
        using FileHandle file = _location.Directory.OpenFile(_location.Name);
        using IDisposable? readLock = SharedDatabaseLock.TryTake(file);
        if (readLock is null)
        {
            BusyDatabase.WaitForReaders(file, _item, _progress, _cancellation);
            return false;
        }

        if (!before.IsSameAs(DatabaseState.Read(_location))
            || !TryLive(before, DatabaseOpening.Immutable, target, out result, out reason))
        {
            return false;
        }

        reason = Changed;
        bool isUnchanged = before.IsFileSameAs(DatabaseState.Read(_location));
        if (isUnchanged && before.File.LinkCount > 1)
        {
            _progress.Warn($"'{_item}' has other names (hard links) and no write-ahead log beside this one: what a log beside " +
                "another holds is not in the snapshot. Name the database as its application does.", _item);
        }

        return isUnchanged;
    }

    private bool TryLive(
        DatabaseState before, DatabaseOpening opening, string target, out DatabaseCaptureResult? result, out string reason)
    {
        using SourceConnection source = new(_location, before.File.Identity, opening, _cancellation);
        result = null;
        reason = Replaced;
        if (!source.TryBeginRead())
        {
            return false;
        }

        if (_method == CaptureMethod.Vacuum)
        {
            source.EndRead();
            result = Vacuum(source, before, target);
            return true;
        }

        Stopwatch locked = Stopwatch.StartNew();
        DateTime capturedAt = DateTime.UtcNow;
        void LetGo()
        {
            source.EndRead();
            locked.Stop();
        }

        // Nobody switches the journal mode while the read lasts; before it began somebody may have.
        byte[] firstPage = ReadFirstPage();
        bool isWal = firstPage.Length >= DatabaseFile.HeaderLength && DatabaseFile.IsWal(firstPage);
        string? sha256 = PageCopy.Run(
            source.Connection, target, firstPage, before.File.Size, MostBytes(), LetGo, _progress, _item, _cancellation);
        result = new DatabaseCaptureResult(
            CaptureMethod.Exact, capturedAt, isWal, isWal ? null : locked.ElapsedMilliseconds, before.File)
        {
            Sha256 = sha256,
        };
        return true;
    }

    // All that the transaction which is being read can consist of.
    private long MostBytes() => DatabaseState.Read(_location).Bytes;

    // Beside a log this may be an older state of the page: then the copy's hash is not known on the way.
    private byte[] ReadFirstPage()
    {
        using FileHandle file = _location.Directory.OpenFile(_location.Name);
        byte[] header = new byte[DatabaseFile.HeaderLength];
        int length = file.ReadAt(header, 0);
        byte[] page = new byte[length == header.Length ? DatabaseFile.PageSize(header) : 0];
        int count = file.ReadAt(page, 0);
        return page[..count];
    }

    private DatabaseCaptureResult Vacuum(SourceConnection source, DatabaseState before, string target)
    {
        Stopwatch locked = new();
        DateTime capturedAt = default;
        source.WhenNotBusy(() =>
        {
            Empty(target);
            locked.Restart();
            capturedAt = DateTime.UtcNow;
            DatabaseVacuum.Into(source.Connection, target, MostBytes(), _item, isLive: true, _cancellation);
        });
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
