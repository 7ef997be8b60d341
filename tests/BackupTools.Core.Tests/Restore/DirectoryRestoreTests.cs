using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Restore;

public sealed class DirectoryRestoreTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [SkippableFact]
    public void A_tree_comes_back_with_everything_that_Unix_knows_of_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "modes, owners and extended attributes are those of Linux");
        string source = _scene.MakeTree("state", (".hidden/file", "hidden"), ("a/one", "1"), ("empty", ""), ("b/two", "2"));
        RestoreScene.Shell(
            "bash",
            "-c",
            """
            set -e; cd "$1"
            mkdir -p 'with space' $'new\nline' $'bad\xff\xfename' empty-directory sealed
            echo x > $'new\nline/inside'; echo y > $'bad\xff\xfename/f\xe9'; echo "quo'te\"" > 'with space/q"uote'
            head -c 3000000 /dev/urandom > large
            ln -s ../nowhere a/dangling; ln -s $'b\xffad' a/raw-link; ln a/one b/one-again; ln a/one a/one-more
            setfattr -n user.note -v 'ein Wert' a/one; setfattr -n user.dir -v x b
            setfacl -m u:12345:r a/one; setfacl -d -m g:23456:rx b; setfacl -m u:1:rwx b
            echo z > sealed/file
            chmod 0400 a/one; chmod 0555 sealed; chmod 02750 b; chmod 01777 empty-directory; chmod 04711 empty
            if [ "$(id -u)" = 0 ]; then chown 1234:5678 b/two; chown -h 11:22 a/dangling; chown 77:88 sealed; fi
            touch -h -d '1999-12-31T23:59:59.987654321Z' a/dangling
            touch -d '1965-01-02T03:04:05.000000001Z' b/two
            touch -d '2030-05-06T07:08:09.123456789Z' a sealed .
            """,
            "sh",
            source);
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene["restored"];

        RestoreResult result = _scene.Restore(snapshot, target);

        Assert.Equal(RestoreScene.Describe(source), RestoreScene.Describe(target));
        Assert.Equal(
            RestoreScene.Shell("stat", "-c", "%h", Path.Join(source, "a", "one")),
            RestoreScene.Shell("stat", "-c", "%h", Path.Join(target, "a", "one")));
        Assert.Equal(snapshot.Manifest.EntryCount, result.EntryCount);
        Assert.Equal(snapshot.Manifest.Bytes, result.Bytes);
        Assert.True(result.Verified);
        Assert.Empty(_scene.Observer.Warnings);
    }

    [SkippableFact]
    public void Access_lists_of_the_place_do_not_creep_into_the_restored_tree()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "access control lists are those of Linux");
        string source = _scene.MakeTree("state", ("a/one", "1"));
        string parent = _scene.MakeTree("parent");
        RestoreScene.Shell("setfacl", "-d", "-m", "u:4242:rwx", parent);
        RestoreScene.Shell("chmod", "g+s", parent);
        StoredSnapshot snapshot = _scene.Take(source);
        _scene.Restore(snapshot, Path.Join(parent, "restored"));
        Assert.Equal(RestoreScene.Describe(source), RestoreScene.Describe(Path.Join(parent, "restored")));
    }

    [Fact]
    public void Databases_in_a_tree_come_back_without_the_logs_that_stood_there()
    {
        string source = _scene.MakeTree("state", ("x/note", "n"));
        TestDatabase.Execute(Path.Join(source, "x", "data"), "PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(1),(2)");
        StoredSnapshot snapshot = _scene.Take(source);
        string crashed = _scene.MakeCrashed("crashed.db", 100, 50);
        foreach (string suffix in (string[])["", "-wal", "-shm"])
        {
            File.Move(crashed + suffix, Path.Join(source, "x", "data") + suffix, overwrite: true);
        }

        string before = RestoreScene.Describe(source);
        RestoreResult result = _scene.Restore(snapshot, source);

        Assert.Equal(["data", "note"], RestoreScene.Names(Path.Join(source, "x")));
        Assert.Equal(before, RestoreScene.Describe(result.Previous!));
        Assert.Equal("2", RestoreScene.CountLive(Path.Join(source, "x", "data")));
        Assert.Equal("150", RestoreScene.CountLive(Path.Join(result.Previous!, "x", "data")));
    }

    [Fact]
    public void An_empty_directory_at_the_target_is_filled_and_needs_no_safety_copy()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeTree("state", ("a", "1")));
        string target = _scene.MakeTree("target");
        RestoreResult result = _scene.Restore(snapshot, target);
        Assert.Null(result.Previous);
        Assert.Equal("1", File.ReadAllText(Path.Join(target, "a")));
        Assert.Equal(["backups", "state", "target"], RestoreScene.Names(_scene[""]));
    }

    [Fact]
    public void The_snapshot_of_an_empty_directory_does_not_empty_another_one()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeTree("state"));
        string target = _scene.MakeTree("target", ("precious", "content"));
        Assert.Equal(ErrorId.NothingToRestore, _scene.RestoreFails(snapshot.SnapshotPath, target));
        Assert.Equal("content", File.ReadAllText(Path.Join(target, "precious")));
        _scene.Restore(snapshot, _scene["fresh"]);
        Assert.Empty(RestoreScene.Names(_scene["fresh"]));
    }

    [Fact]
    public void A_directory_does_not_take_the_place_of_a_file()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeTree("state", ("a", "1")));
        File.WriteAllText(_scene["target"], "a file");
        Assert.Equal(ErrorId.TargetKindMismatch, _scene.RestoreFails(snapshot.SnapshotPath, _scene["target"]));
        Assert.Equal("a file", File.ReadAllText(_scene["target"]));
    }

    [Fact]
    public void A_file_that_does_not_fit_its_hash_leaves_the_target_untouched()
    {
        string source = _scene.MakeTree("state", ("a/one", "1"), ("a/two", "2"), ("b/three", new string('3', 1_000_000)));
        StoredSnapshot snapshot = _scene.Take(source);
        foreach (string path in (string[])["a/two", "b/three"])
        {
            string payload = Path.Join(snapshot.SnapshotPath, path);
            byte[] content = File.ReadAllBytes(payload);
            content[0] ^= 1;
            File.WriteAllBytes(payload, content);
            string before = RestoreScene.Describe(source);

            Assert.Equal(ErrorId.VerificationFailed, _scene.RestoreFails(snapshot.SnapshotPath, source));

            Assert.Equal(before, RestoreScene.Describe(source));
            Assert.Equal(["backups", "state"], RestoreScene.Names(_scene[""]));
            content[0] ^= 1;
            File.WriteAllBytes(payload, content);
        }
    }

    [Fact]
    public void A_damaged_file_is_restored_when_verification_is_skipped_and_told()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeTree("state", ("a/one", "1"), ("a/two", "2")));
        File.WriteAllText(Path.Join(snapshot.SnapshotPath, "a/two"), "changed");
        RestoreResult result = _scene.Restore(snapshot, _scene["target"], request => request with { SkipVerify = true });
        Assert.False(result.Verified);
        Assert.Equal("changed", File.ReadAllText(_scene["target", "a", "two"]));
        Assert.Contains(_scene.Observer.Warnings, warning => warning.Contains("a/two", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_mount_point_is_filled_and_its_old_contents_are_kept_within_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting needs Linux and root");
        string source = _scene.MakeTree("state", ("a/one", "new"), ("b", "new"));
        RestoreScene.Shell("chmod", "0711", source);
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene.MakeTree("target");
        RestoreScene.Shell("mount", "-t", "tmpfs", "tmpfs", target);
        try
        {
            _scene.MakeTree("target", ("a/one", "old"), ("c/d", "old"));
            string old = RestoreScene.FilesOf(RestoreScene.Describe(target));

            RestoreResult result = _scene.Restore(snapshot, target);

            Assert.Equal(target, Path.GetDirectoryName(result.Previous));
            Assert.Equal(old, RestoreScene.FilesOf(RestoreScene.Describe(result.Previous!)));
            Assert.Equal(["a", "b", Path.GetFileName(result.Previous)!], RestoreScene.Names(target));
            RestoreResult second = _scene.Restore(snapshot, target);
            Assert.True(Directory.Exists(result.Previous));
            Directory.Delete(result.Previous!, recursive: true);
            Directory.Delete(second.Previous!, recursive: true);
            RestoreScene.Shell("touch", "-r", source, target);
            Assert.Equal(RestoreScene.Describe(source), RestoreScene.Describe(target));
        }
        finally
        {
            RestoreScene.Shell("umount", target);
        }
    }

    [SkippableFact]
    public void A_bind_mount_of_the_same_file_system_is_seen()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting needs Linux and root");
        StoredSnapshot snapshot = _scene.Take(_scene.MakeTree("state", ("a", "new")));
        string real = _scene.MakeTree("real", ("a", "old"));
        string target = _scene.MakeTree("a target");
        RestoreScene.Shell("mount", "--bind", real, target);
        try
        {
            RestoreResult result = _scene.Restore(snapshot, target);
            Assert.Equal("new", File.ReadAllText(Path.Join(real, "a")));
            Assert.Equal("old", File.ReadAllText(Path.Join(result.Previous!, "a")));
        }
        finally
        {
            RestoreScene.Shell("umount", target);
        }
    }

    [Fact]
    public void A_store_that_would_be_moved_aside_with_the_target_is_not()
    {
        string source = _scene.MakeTree("state", ("a", "1"));
        StoredSnapshot snapshot = _scene.Take(source, request => request with { Store = Path.Join(source, "backups") });
        Assert.Equal(ErrorId.InvalidArgument, _scene.RestoreFails(snapshot.SnapshotPath, source));
        File.WriteAllText(Path.Join(source, "a"), "changed");
        _scene.Restore(snapshot, source, request => request with { Overlay = true });
        Assert.Equal("1", File.ReadAllText(Path.Join(source, "a")));
        Assert.True(File.Exists(snapshot.ManifestPath));
    }

    [Fact]
    public void A_cancelled_restore_leaves_no_trace()
    {
        string source = _scene.MakeTree("state", [.. Enumerable.Range(0, 3000).Select(i => ($"d{i % 10}/f{i}", $"{i}"))]);
        StoredSnapshot snapshot = _scene.Take(source);
        string before = RestoreScene.Describe(source);
        using CancellationTokenSource stop = new();
        RecordingObserver observer = new() { Progressed = _ => stop.Cancel() };
        RestorePlan plan = _scene.Plan(snapshot.SnapshotPath, source);
        Assert.ThrowsAny<OperationCanceledException>(() => SnapshotRestorer.Run(plan, observer, stop.Token));
        Assert.Equal(["backups", "state"], RestoreScene.Names(_scene[""]));
        Assert.Equal(before, RestoreScene.Describe(source));
    }
}
