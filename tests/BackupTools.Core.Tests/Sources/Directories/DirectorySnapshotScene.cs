using System.Diagnostics;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Sources.Directories;

/// <summary>A directory, and snapshots of it.</summary>
public abstract class DirectorySnapshotScene : IDisposable
{
    private protected DirectorySnapshotScene() => Source = Directory.CreateDirectory(Scratch["state"]).FullName;

    private protected TemporaryDirectory Scratch { get; } = new();

    private protected RecordingObserver Observer { get; } = new();

    private protected string Source { get; }

    private protected string Store => Scratch["backups"];

    public void Dispose()
    {
        Scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static IEnumerable<ListingEntry> Listing(StoredSnapshot snapshot)
    {
        string path = Path.Join(Path.GetDirectoryName(snapshot.ManifestPath), snapshot.Manifest.Listing);
        using FileStream stream = File.OpenRead(path);
        return [.. ListingReader.Read(stream, path)];
    }

    private protected static IEnumerable<string> Paths(StoredSnapshot snapshot) => Listing(snapshot).Select(static entry => entry.Path.Text);

    private protected static ListingEntry Entry(StoredSnapshot snapshot, string path) =>
        Listing(snapshot).Single(entry => entry.Path.Text == path);

    private protected void Write(string path, string text)
    {
        string full = Path.Join(Source, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private protected static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private protected StoredSnapshot Take(string? source = null) =>
        Take(new NewSnapshotRequest { Source = source ?? Source, Store = Store });

    private protected StoredSnapshot Take(NewSnapshotRequest request) => SnapshotTaker.Take(request, Observer, default).Snapshot;
}
