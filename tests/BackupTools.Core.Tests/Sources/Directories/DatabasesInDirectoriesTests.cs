using System.Security.Cryptography;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Directories;

/// <summary>Databases that lie in a directory.</summary>
public sealed class DatabasesInDirectoriesTests : DirectorySnapshotScene
{
    [Fact]
    public void Databases_are_captured_wherever_they_lie_and_their_sidecars_left_out()
    {
        Directory.CreateDirectory(Path.Join(Source, "deep/er"));
        string[] paths = ["app.db", "deep/er/no-extension", "deep/photo.jpg"];
        List<SqliteConnection> writers = [];
        foreach (string path in paths)
        {
            SqliteConnection writer = TestDatabase.Open(Path.Join(Source, path));
            writer.Execute("PRAGMA journal_mode=WAL");
            writer.Execute("CREATE TABLE t(x)");
            writer.Execute("INSERT INTO t VALUES(1),(2),(3)");
            writers.Add(writer);
        }

        // A crashed application's files: the writers are in this process, whose open databases are refused.
        string crashed = Directory.CreateDirectory(Scratch["crashed"]).FullName;
        CopyTree(Source, crashed);
        writers.ForEach(static writer => writer.Dispose());
        Assert.True(File.Exists(Path.Join(crashed, "app.db-wal")));

        StoredSnapshot snapshot = Take(source: crashed);
        Assert.Equal([".", "app.db", "deep", "deep/er", "deep/er/no-extension", "deep/photo.jpg"], Paths(snapshot));
        foreach (string path in paths)
        {
            Assert.Equal("6", TestDatabase.Scalar(Path.Join(snapshot.SnapshotPath, path), "SELECT sum(x) FROM t"));
            ListingEntry entry = Entry(snapshot, path);
            Assert.Equal(CaptureMethod.Exact, entry.Capture);
            Assert.Equal(CheckResult.Ok, entry.Check!.Result);
            Assert.NotNull(entry.CapturedAt);
        }
    }

    [Fact]
    public void Files_named_like_sidecars_of_something_else_are_kept()
    {
        Write("notes", "text");
        Write("notes-wal", "about a wall");
        Write("notes-journal", "diary");
        Write("lonely-wal", "x");
        StoredSnapshot snapshot = Take();
        Assert.Equal([".", "lonely-wal", "notes", "notes-journal", "notes-wal"], Paths(snapshot));
        Assert.Equal("about a wall", File.ReadAllText(Path.Join(snapshot.SnapshotPath, "notes-wal")));
    }

    [Fact]
    public void A_corrupt_database_is_kept_and_marks_the_whole()
    {
        string path = Path.Join(Source, "x.db");
        TestDatabase.Execute(
            path,
            "CREATE TABLE t(x)",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) INSERT INTO t SELECT hex(randomblob(50)) FROM n");
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(4096 * 5, 200).Fill(0xff);
        File.WriteAllBytes(path, bytes);
        StoredSnapshot snapshot = Take();
        Assert.Equal(CheckResult.Corrupt, snapshot.Manifest.Check!.Result);
        Assert.Equal(CheckResult.Corrupt, Entry(snapshot, "x.db").Check!.Result);
        Assert.True(File.Exists(Path.Join(snapshot.SnapshotPath, "x.db")));
    }

    [Fact]
    public void A_database_that_SQLite_cannot_read_is_kept_raw_with_its_sidecars_and_told()
    {
        string path = Path.Join(Source, "enc.db");
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(8192));
        File.WriteAllBytes(path + "-wal", [0x37, 0x7f, 0x06, 0x82, 1, 2, 3]);
        StoredSnapshot snapshot = Take();
        Assert.Equal(SnapshotState.Incomplete, snapshot.State);
        Assert.Equal([".", "enc.db", "enc.db-wal"], Paths(snapshot));
        Assert.Equal(CaptureMethod.Raw, Entry(snapshot, "enc.db").Capture);
        Assert.Equal(CheckResult.Unverifiable, snapshot.Manifest.Check!.Result);
    }

    private static void CopyTree(string from, string to)
    {
        foreach (string directory in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Join(to, Path.GetRelativePath(from, directory)));
        }

        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            using FileStream input = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using FileStream output = new(Path.Join(to, Path.GetRelativePath(from, file)), FileMode.CreateNew);
            input.CopyTo(output);
        }
    }
}
