using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Core.Tests.Restore;

namespace BackupTools.Core.Tests.Sources.Sqlite;

/// <summary>Databases beside which something else stands than SQLite puts there.</summary>
public sealed class HostileSidecarTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [SkippableTheory]
    [InlineData(false, "-journal", "pipe")]
    [InlineData(false, "-journal", "link")]
    [InlineData(false, "-journal", "directory")]
    [InlineData(true, "-wal", "pipe")]
    [InlineData(true, "-wal", "link")]
    [InlineData(true, "-shm", "pipe")]
    [InlineData(true, "-shm", "link")]
    [InlineData(true, "-shm", "directory")]
    public void What_is_no_plain_file_is_neither_waited_for_nor_followed_and_costs_that_database_alone(bool wal, string suffix, string what)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes in directories.");
        string source = _scene.MakeTree("state", ("other", "other"));
        string database = Path.Join(source, "app.db");
        RestoreScene.Shell("sh", "-c", "mv \"$1\"* \"$2\"", "sh", wal ? _scene.MakeCrashed("app.db", 5, 5) : _scene.MakeDatabase("app.db", 5), source);
        File.Delete(database + suffix);
        Plant(database + suffix, what);

        StoredSnapshot tree = _scene.Take(source);
        Assert.Equal(SnapshotState.Incomplete, tree.State);
        Assert.Equal(["app.db"], tree.Manifest.Errors.Select(static error => error.Path));
        Assert.True(File.Exists(Path.Join(tree.SnapshotPath, "other")));
        Assert.False(File.Exists(Path.Join(tree.SnapshotPath, "app.db")));

        BackupException error = Assert.Throws<BackupException>(() => _scene.Take(database));
        Assert.Equal(ErrorId.CaptureFailed, error.Id);
        Assert.Equal(database + suffix, error.Path);
    }

    [SkippableFact]
    public void SQLite_opens_no_pipe_and_nothing_outside_the_directory_that_it_was_handed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes in directories.");
        string inside = _scene.MakeDatabase("app.db", 5);
        string outside = MakeElsewhere();
        RestoreScene.Shell("mkfifo", _scene["pipe"]);
        using (SqliteConfinement.ToDirectoryOf(inside))
        {
            Assert.Equal(5, Read(inside));
            Assert.Equal(SqliteNative.CannotOpen, Assert.Throws<SqliteException>(() => Read(outside)).PrimaryCode);
            Assert.Equal(SqliteNative.CannotOpen, Assert.Throws<SqliteException>(() => Read(_scene["pipe"])).PrimaryCode);
            using (SqliteConfinement.ToDirectoryOf(outside))
            {
                Assert.Equal(5, Read(outside));
            }
        }

        Assert.Equal(5, Read(outside));
    }

    private static long Read(string path)
    {
        using SqliteConnection connection = SqliteConnection.Open(DatabaseUri.Create(path, "mode=ro"), SqliteNative.OpenReadOnly);
        return connection.QueryInt64("SELECT count(*) FROM t");
    }

    private string MakeElsewhere()
    {
        _scene.MakeTree("elsewhere");
        return _scene.MakeDatabase("elsewhere/app.db", 5);
    }

    private void Plant(string path, string what)
    {
        switch (what)
        {
            case "pipe":
                RestoreScene.Shell("mkfifo", path);
                break;
            case "link":
                File.WriteAllText(_scene["elsewhere"], "SECRET");
                File.CreateSymbolicLink(path, _scene["elsewhere"]);
                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }
    }
}
