using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// A connection to a live database that is only read: waits for others, and proves that it reached the right file. Made,
/// used and disposed by one thread.
/// </summary>
internal sealed class SourceConnection : IDisposable
{
    // SQLite's own waiting looks every 100 ms in the end; among writers that go on without a pause it mostly comes late.
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(1);

    private readonly SqliteConfinement _confinement;
    private readonly SqliteConnection _connection;
    private readonly CancellationTokenRegistration _interrupt;
    private readonly CancellationToken _cancellation;
    private readonly DatabaseLocation _location;
    private readonly FileIdentity _identity;
    private readonly int _descriptorsBefore;
    private readonly string _item;

    /// <summary>Opens the database; SQLite touches the file with the first read.</summary>
    /// <param name="location">Where it stands.</param>
    /// <param name="identity">The file that was looked at through handles.</param>
    /// <param name="opening">How to open it.</param>
    /// <param name="cancellation">Interrupts whatever runs on the connection.</param>
    public SourceConnection(
        DatabaseLocation location, FileIdentity identity, DatabaseOpening opening, CancellationToken cancellation)
    {
        _location = location;
        _item = location.Text;
        _identity = identity;
        _cancellation = cancellation;
        _descriptorsBefore = CountDescriptors();
        SourceVfs.EnsureRegistered();
        _confinement = SqliteConfinement.To(location);
        try
        {
            _connection = SqliteConnection.Open(
                DatabaseUri.Create(location.FullPath, opening.Parameters()),
                SqliteNative.OpenReadOnly | SqliteNative.OpenNoFollow,
                SourceVfs.Name);
        }
        catch
        {
            _confinement.Dispose();
            throw;
        }

        _interrupt = _connection.InterruptOn(cancellation);
    }

    public SqliteConnection Connection => _connection;

    /// <summary>Begins a read transaction and makes it real, waiting while others hold their locks.</summary>
    /// <returns>Whether it reads the file that was looked at.</returns>
    public bool TryBeginRead()
    {
        _connection.Execute("BEGIN");

        // Reads the header alone, so it works on a schema that this engine cannot parse.
        WhenNotBusy(() => _connection.Execute("PRAGMA main.schema_version"));
        return IsAtTheFile();
    }

    public void EndRead() => _connection.Execute("COMMIT");

    /// <summary>Runs something again while others hold their locks; SQLite's own waiting could not be cancelled.</summary>
    public void WhenNotBusy(Action action)
    {
        long deadline = Environment.TickCount64 + (long)BusyDatabase.Limit.TotalMilliseconds;
        while (true)
        {
            _cancellation.ThrowIfCancellationRequested();
            try
            {
                SourceVfs.KeepingOwners(action);
                return;
            }
            catch (SqliteException e) when (IsBusy(e) && Environment.TickCount64 < deadline)
            {
                _cancellation.WaitHandle.WaitOne(s_poll);
            }
            catch (SqliteException e) when (e.PrimaryCode == SqliteNative.Interrupt && _cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(_cancellation);
            }
            catch (SqliteException e) when (IsBusy(e))
            {
                throw BusyDatabase.StillLocked(_item, e.Message, e);
            }
        }
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _connection.Dispose();
        _confinement.Dispose();
    }

    private static bool IsBusy(SqliteException e) =>
        e.PrimaryCode is SqliteNative.Busy or SqliteNative.Locked or SqliteNative.Protocol;

    // SQLite goes by path. That it reached the file that was looked at through handles, and not another one that a
    // link swapped in meanwhile leads to, shows in one more descriptor of that file. Its log SQLite opened later: it is
    // that of the file where the path still leads there.
    private bool IsAtTheFile() =>
        (OperatingSystem.IsWindows() || CountDescriptors() > _descriptorsBefore)
        && _location.Directory.TryGetStatus(_location.Name, out FileStatus status)
        && status.Identity == _identity;

    private int CountDescriptors() => OperatingSystem.IsWindows() ? 0 : OpenDatabases.CountDescriptors(_identity);
}
