using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.FileSystem;

/// <summary>POSIX drops a process's locks on a file when any descriptor of it is closed.</summary>
public sealed class OpenDatabasesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _database;
    private readonly EntryName _name = EntryName.FromText("app.db");

    public OpenDatabasesTests()
    {
        _database = _directory["app.db"];
        TestDatabase.Execute(_database, "CREATE TABLE t(x)");
    }

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public void Closing_a_descriptor_drops_no_lock_of_a_connection_that_is_registered()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no POSIX locks.");
        using DirectoryHandle directory = DirectoryHandle.Open(_directory.Path);
        Assert.True(directory.TryGetStatus(_name, out FileStatus status));
        using (OpenDatabases.Register(status.Identity))
        {
            using SqliteConnection connection = TestDatabase.Open(_database);
            connection.Execute("BEGIN EXCLUSIVE");
            directory.OpenFile(_name).Dispose();
            Assert.False(WriterProcess.CanWrite(_database));
        }

        Assert.True(WriterProcess.CanWrite(_database));
        Assert.DoesNotContain(status.Identity, OpenDatabases.IdentitiesOpenInThisProcess());
    }

    [SkippableFact]
    public void Without_the_registration_the_lock_would_be_lost()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no POSIX locks.");
        using DirectoryHandle directory = DirectoryHandle.Open(_directory.Path);
        using SqliteConnection connection = TestDatabase.Open(_database);
        connection.Execute("BEGIN EXCLUSIVE");
        directory.OpenFile(_name).Dispose();
        Assert.True(WriterProcess.CanWrite(_database));
    }

    [SkippableFact]
    public void Only_what_other_code_holds_open_counts_as_open_elsewhere()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no POSIX locks.");
        using DirectoryHandle directory = DirectoryHandle.Open(_directory.Path);
        Assert.True(directory.TryGetStatus(_name, out FileStatus status));
        Assert.False(OpenDatabases.IsOpenElsewhereInThisProcess(status.Identity));
        using (directory.OpenFile(_name))
        {
            Assert.False(OpenDatabases.IsOpenElsewhereInThisProcess(status.Identity));
        }

        using SqliteConnection connection = TestDatabase.Open(_database);
        Assert.True(OpenDatabases.IsOpenElsewhereInThisProcess(status.Identity));
        using (OpenDatabases.Register(status.Identity))
        {
            Assert.False(OpenDatabases.IsOpenElsewhereInThisProcess(status.Identity));
        }
    }
}
