using System.Diagnostics;
using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// A private copy of a database that needs recovery: the file with its hot journal or its log, taken while nothing
/// changed them. SQLite then recovers the copy, never the source.
/// </summary>
internal sealed class RecoveryCopy : IDisposable
{
    private readonly DatabaseLocation _location;
    private readonly string _target;
    private readonly ProgressTracker _progress;
    private readonly CancellationToken _cancellation;

    public RecoveryCopy(
        DatabaseLocation location, string target, ProgressTracker progress, CancellationToken cancellation)
    {
        _location = location;
        _target = target;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>How long the shared lock was held, in milliseconds; absent with a log, where it stops nobody.</summary>
    public long? LockedMs { get; private set; }

    private string Log => _target + "-wal";

    private string Journal => _target + "-journal";

    private string SuperJournal => _target + "-super";

    /// <summary>Copies file and sidecars; fails where they changed meanwhile.</summary>
    public bool TryCopy(DatabaseState before, out string reason)
    {
        RemoveSidecars();
        using FileHandle file = _location.Directory.OpenFile(_location.Name);
        using IDisposable? readLock = SharedDatabaseLock.TryTake(file);
        if (readLock is null)
        {
            BusyDatabase.WaitForReaders(file, _location.Text, _progress, _cancellation);
            reason = "another process had it locked";
            return false;
        }

        Stopwatch locked = Stopwatch.StartNew();
        try
        {
            RawCopy.Run(file, _target, _progress, _location.Text, _cancellation);
            if (before.Log is not null)
            {
                CopySidecar("-wal", Log);
            }

            if (before.Journal is not null)
            {
                CopySidecar("-journal", Journal);
                KeepSuperJournal();
            }
        }
        catch (FileSystemException e) when (e.Error == FileSystemError.NotFound)
        {
            reason = "a file beside it vanished while it was copied";
            return false;
        }

        LockedMs = before.IsWal ? null : locked.ElapsedMilliseconds;
        DatabaseState after = DatabaseState.Read(_location);
        reason = "it changed while it was copied";
        return before.IsSameAs(after);
    }

    /// <summary>Lets SQLite roll back or replay, and leaves one file without sidecars.</summary>
    public void Recover()
    {
        using SqliteConfinement confinement = SqliteConfinement.ToDirectoryOf(_target);
        using (SqliteConnection connection = SqliteConnection.Open(
            DatabaseUri.Create(_target, "mode=rw"), SqliteNative.OpenReadWrite))
        {
            using CancellationTokenRegistration interrupt = connection.InterruptOn(_cancellation);
            connection.Execute("PRAGMA main.schema_version");
            connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }

        // The last connection's close removed them; where a read-only log mode kept one, it is empty by now.
        RemoveSidecars();
    }

    /// <summary>Replaces the recovered copy by a compact one.</summary>
    public void Vacuum()
    {
        string compact = _target + "-compact";
        try
        {
            File.Delete(compact);
            Create(compact);
            using SqliteConfinement confinement = SqliteConfinement.ToDirectoryOf(_target);
            using SqliteConnection connection = SqliteConnection.Open(
                DatabaseUri.Create(_target, "mode=ro&immutable=1"), SqliteNative.OpenReadOnly);
            using CancellationTokenRegistration interrupt = connection.InterruptOn(_cancellation);
            DatabaseVacuum.Into(connection, compact, new FileInfo(_target).Length, _location.Text, isLive: false, _cancellation);
        }
        catch
        {
            File.Delete(compact);
            throw;
        }

        File.Move(compact, _target, overwrite: true);
    }

    public void Dispose() => RemoveSidecars();

    private void RemoveSidecars()
    {
        File.Delete(Log);
        File.Delete(_target + "-shm");
        File.Delete(Journal);
        File.Delete(SuperJournal);
    }

    private void CopySidecar(string suffix, string target)
    {
        using FileHandle sidecar = _location.Directory.OpenFile(DatabaseFile.Sidecar(_location.Name, suffix));
        RawCopy.Run(sidecar, Create(target), _progress, _location.Text, _cancellation);
    }

    private static string Create(string path) => ScratchFile.Create(Path.GetDirectoryName(path)!, Path.GetFileName(path));

    // A journal of a transaction over several databases names its super-journal, without which SQLite takes the
    // transaction for committed. The copy is told another name, under which something stands where something stands
    // under the true one: SQLite looks for no more, and deletes it, which must not happen to the source's. What stands
    // there is not read: the name may be anything.
    private void KeepSuperJournal()
    {
        using FileStream journal = new(Journal, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        JournalHeader.RefuseIfForged(journal, new FileInfo(_target).Length);
        if (JournalTrailer.ReadSuperJournalName(journal) is not { } name)
        {
            return;
        }

        if (IsThere(name))
        {
            // As SQLite has it: the names of the journals that belong to it.
            File.WriteAllText(Create(SuperJournal), Journal + "\0");
        }

        JournalTrailer.ReplaceSuperJournalName(journal, Encoding.UTF8.GetBytes(SuperJournal));
    }

    // As SQLite asks: an empty file is none.
    private static unsafe bool IsThere(byte[] name)
    {
        if (OperatingSystem.IsWindows())
        {
            return new FileInfo(Encoding.UTF8.GetString(name)) is { Exists: true, Length: > 0 };
        }

        fixed (byte* pointer = EntryName.FromBytes(name).Terminated)
        {
            return PosixStatus.TryGet(Posix.CurrentDirectory, pointer, follow: true, out FileStatus status)
                && (status.Type != EntryType.File || status.Size > 0);
        }
    }
}
