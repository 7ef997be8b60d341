using System.Net.Sockets;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Sources.Directories;

/// <summary>What is in a directory and not in its snapshot.</summary>
public sealed class LeftOutTests : DirectorySnapshotScene
{
    [SkippableFact]
    public void Sockets_and_pipes_are_skipped_and_told()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such files.");
        Run("mkfifo", Path.Join(Source, "pipe"));
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Join(Source, "socket")));
        StoredSnapshot snapshot = Take();
        Assert.Equal(["."], Paths(snapshot));
        Assert.Equal(["pipe", "socket"], snapshot.Manifest.Skipped.Select(static problem => problem.Path));
        Assert.False(snapshot.Manifest.Incomplete);
    }

    [Fact]
    public void Patterns_and_marked_caches_are_left_out()
    {
        Write("keep.txt", "x");
        Write("drop.log", "x");
        Write("tmp/inner", "x");
        Write("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
        Write("cache/blob", "x");
        StoredSnapshot snapshot = Take(new NewSnapshotRequest
        {
            Source = Source, Store = Store, Exclude = ["*.log", "/tmp/"], ExcludeCaches = true,
        });
        Assert.Equal([".", "cache", "cache/CACHEDIR.TAG", "keep.txt"], Paths(snapshot));
        Assert.Equal(SnapshotState.Complete, snapshot.State);
    }

    [Fact]
    public void Patterns_are_read_from_files_and_a_missing_one_is_told()
    {
        Write("keep.txt", "x");
        Write("drop.log", "x");
        File.WriteAllText(Scratch["patterns"], "# logs\n*.log\n");
        Assert.Equal(
            [".", "keep.txt"],
            Paths(Take(new NewSnapshotRequest { Source = Source, Store = Store, ExcludeFrom = [Scratch["patterns"]] })));
        BackupException error = Assert.Throws<BackupException>(
            () => Take(new NewSnapshotRequest { Source = Source, Store = Store, ExcludeFrom = [Scratch["absent"]] }));
        Assert.Equal(ErrorId.InvalidArgument, error.Id);
    }

    [Fact]
    public void The_store_and_safety_copies_inside_the_source_are_left_out_and_told()
    {
        Write("file", "x");
        Write("app.pre-restore-2026-01-02T030405Z.db", "old");
        Write("state.pre-restore-2026-01-02T030405Z/file", "old");
        Write(".state.backuptools-restore-0123456789ab/file", "half");
        NewSnapshotRequest request = new() { Source = Source, Store = Path.Join(Source, "backups") };
        Take(request);
        StoredSnapshot second = Take(request);
        Assert.Equal([".", "file"], Paths(second));
        Assert.Equal(
            [".state.backuptools-restore-0123456789ab", "app.pre-restore-2026-01-02T030405Z.db", "backups", "state.pre-restore-2026-01-02T030405Z"],
            second.Manifest.Skipped.Select(static problem => problem.Path));
    }
}
