using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite;

/// <summary>Databases in a directory of their own, and captures of them.</summary>
public abstract class DatabaseCaptureScene : IDisposable
{
    private static readonly Lock s_gate = new();

    private protected TemporaryDirectory Place { get; } = new();

    public void Dispose()
    {
        Place.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static void CopyFile(string from, string to)
    {
        using FileStream input = new(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using FileStream output = new(to, FileMode.CreateNew);
        input.CopyTo(output);
    }

    protected static string Describe(string path)
    {
        StringBuilder text = new();
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + "*").Order())
        {
            FileInfo info = new(file);
            text.AppendLine(CultureInfo.InvariantCulture, $"{info.Name} {info.Length} {info.LastWriteTimeUtc:O} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}");
        }

        return text.ToString();
    }

    protected string Make(params string[] statements)
    {
        string path;
        lock (s_gate)
        {
            path = Place[$"source-{Guid.NewGuid():N}.db"];
        }

        TestDatabase.Execute(path, statements);
        return path;
    }

    /// <summary>A WAL database whose writer died: its last commit is in the log alone.</summary>
    protected string CrashedWal(bool keepSharedMemory, string lastStatement = "UPDATE t SET x=42")
    {
        string path = Make("PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(41)");
        string crashed = Place[$"crashed-{Guid.NewGuid():N}.db"];
        using SqliteConnection writer = TestDatabase.Open(path);
        writer.Execute(lastStatement);
        CopyFile(path, crashed);
        CopyFile(path + "-wal", crashed + "-wal");
        if (keepSharedMemory)
        {
            CopyFile(path + "-shm", crashed + "-shm");
        }

        return crashed;
    }

    private protected (DatabaseCaptureResult Result, string Copy) Capture(
        string path, CaptureMethod method = CaptureMethod.Exact, CancellationToken cancellation = default)
    {
        string scratch = Directory.CreateDirectory(Place[$"scratch-{Guid.NewGuid():N}"]).FullName;
        string copy = Path.Join(scratch, "copy.db");
        File.WriteAllBytes(copy, []);
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        DatabaseLocation location = new(
            directory, EntryName.FromText(Path.GetFileName(path)), Encoding.UTF8.GetBytes(path));
        DatabaseCaptureResult result = DatabaseCapture.Run(
            location, copy, method, new ProgressTracker(new RecordingObserver()), cancellation);
        return (result, copy);
    }
}
