using System.Diagnostics;
using System.Globalization;
using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Restore;

/// <summary>A place with a source, a store and a target, and the commands of the core on them.</summary>
internal sealed class RestoreScene : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public RecordingObserver Observer { get; } = new();

    public string Store => this["backups"];

    public string this[params string[] parts] => _temporary[parts];

    public StoredSnapshot Take(string source, Func<NewSnapshotRequest, NewSnapshotRequest>? change = null)
    {
        NewSnapshotRequest request = new() { Source = source, Store = Store };
        return SnapshotTaker.Take(change is null ? request : change(request), Observer, CancellationToken.None).Snapshot;
    }

    public RestorePlan Plan(string snapshot, string target, Func<RestoreRequest, RestoreRequest>? change = null)
    {
        RestoreRequest request = new() { Snapshot = snapshot, Target = target };
        return SnapshotRestorer.Plan(change is null ? request : change(request), Observer, CancellationToken.None);
    }

    public RestoreResult Restore(
        StoredSnapshot snapshot,
        string target,
        Func<RestoreRequest, RestoreRequest>? change = null,
        Action<string>? reached = null) => Restore(snapshot.SnapshotPath, target, change, reached);

    public RestoreResult Restore(
        string snapshot, string target, Func<RestoreRequest, RestoreRequest>? change = null, Action<string>? reached = null) =>
        SnapshotRestorer.Run(Plan(snapshot, target, change), Observer, reached ?? (static _ => { }), CancellationToken.None);

    public ErrorId RestoreFails(string snapshot, string target, Func<RestoreRequest, RestoreRequest>? change = null) =>
        Assert.Throws<BackupException>(() => Restore(snapshot, target, change)).Id;

    public VerifyResult Verify(StoredSnapshot snapshot, VerifyLevel level = VerifyLevel.Hash) =>
        VerifyAll(snapshot.SnapshotPath, level).Single();

    /// <summary>Verifies all that a path means.</summary>
    public IEnumerable<VerifyResult> VerifyAll(string path, VerifyLevel level) =>
        SnapshotVerifier.Verify(new VerifyRequest { Snapshot = path, Level = level }, Observer, CancellationToken.None);

    /// <summary>Makes a tree of files from path and content.</summary>
    public string MakeTree(string name, params (string Path, string Content)[] files)
    {
        string root = Directory.CreateDirectory(this[name]).FullName;
        foreach ((string path, string content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(root, path))!);
            File.WriteAllText(Path.Join(root, path), content);
        }

        return root;
    }

    /// <summary>Makes a database with as many rows.</summary>
    public string MakeDatabase(string name, int rows, bool wal = false)
    {
        string path = this[name];
        TestDatabase.Execute(
            path,
            wal ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE",
            "CREATE TABLE t(x INTEGER PRIMARY KEY, y TEXT)",
            string.Create(CultureInfo.InvariantCulture, $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{rows}) INSERT INTO t SELECT i, 'row ' || i FROM n"));
        return path;
    }

    /// <summary>
    /// Makes a WAL database as a crashed program leaves it: with rows in the main file and more in its log.
    /// </summary>
    public string MakeCrashed(string name, int rows, int rowsInLog)
    {
        string live = MakeDatabase("live-" + name, rows, wal: true);
        using (Core.Sources.Sqlite.SqliteConnection writer = TestDatabase.Open(live))
        {
            writer.Execute("PRAGMA wal_autocheckpoint=0");
            for (int i = 0; i < rowsInLog; i++)
            {
                writer.Execute("INSERT INTO t(y) VALUES('in the log')");
            }

            foreach (string suffix in (string[])["", "-wal", "-shm"])
            {
                Shell("cp", live + suffix, this[name] + suffix);
            }
        }

        File.Delete(live);
        return this[name];
    }

    /// <summary>Changes a bit in a file's last byte.</summary>
    public static void Flip(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        content[^1] ^= 0x10;
        File.WriteAllBytes(path, content);
    }

    public static string Count(string database) => TestDatabase.Scalar(database, "SELECT count(*) FROM t");

    /// <summary>Counts rows as a program that opens the database does, its log included.</summary>
    public static string CountLive(string database)
    {
        using Core.Sources.Sqlite.SqliteConnection connection = TestDatabase.Open(database);
        return connection.QueryTexts("SELECT count(*) FROM t")[0].First;
    }

    /// <summary>The names in a directory, sorted.</summary>
    public static string[] Names(string directory) =>
        [.. Directory.EnumerateFileSystemEntries(directory).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>
    /// Everything that a tree is: types, modes, owners, times, sizes, links, attributes, and the content of files; with
    /// hard links shown by equal numbers.
    /// </summary>
    public static string Describe(string directory) => Shell(
        "sh",
        "-c",
        """
        cd "$1" || exit 1
        find . -printf '%P|%y|%#m|%U:%G|%T@|%l|%n|' \( -type f -printf '%s' -o -true \) -printf '\n' | LC_ALL=C sort
        find . -type f -exec sha256sum {} + | LC_ALL=C sort
        getfattr -R -h -d -m - . 2>/dev/null | LC_ALL=C sort
        """,
        "sh",
        directory);

    /// <summary>Of a description, what sha256sum says of the files, without what the directories are.</summary>
    public static string FilesOf(string description) =>
        string.Join('\n', description.Split('\n').Where(static line => line.Length > 66 && line[64] == ' '));

    public static string Shell(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    public void Dispose() => _temporary.Dispose();
}
