using System.Diagnostics;
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

    [Fact]
    public void An_overlay_keeps_what_the_snapshot_lacks_and_what_it_replaces()
    {
        string source = _scene.MakeTree("state", ("a/both", "new"), ("a/added/deep", "new"), ("turns", "file"), ("d/x", "in directory"));
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene.MakeTree("target", ("a/both", "old"), ("a/mine", "old"), ("turns/into", "old"), ("d", "old file"), ("rest", "old"));

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Overlay = true });

        Assert.Equal("new", File.ReadAllText(Path.Join(target, "a/both")));
        Assert.Equal("new", File.ReadAllText(Path.Join(target, "a/added/deep")));
        Assert.Equal("old", File.ReadAllText(Path.Join(target, "a/mine")));
        Assert.Equal("file", File.ReadAllText(Path.Join(target, "turns")));
        Assert.Equal("in directory", File.ReadAllText(Path.Join(target, "d/x")));
        Assert.Equal("old", File.ReadAllText(Path.Join(target, "rest")));
        string safety = result.Previous!;
        Assert.Equal("old", File.ReadAllText(Path.Join(safety, "a/both")));
        Assert.Equal("old", File.ReadAllText(Path.Join(safety, "turns/into")));
        Assert.Equal("old file", File.ReadAllText(Path.Join(safety, "d")));
        Assert.Equal(["a", "d", "turns"], RestoreScene.Names(safety));
        Assert.Equal(["both"], RestoreScene.Names(Path.Join(safety, "a")));
        Assert.Equal(Directory.GetLastWriteTimeUtc(Path.Join(source, "a")), Directory.GetLastWriteTimeUtc(Path.Join(target, "a")));
    }

    [Fact]
    public void An_overlay_takes_names_as_long_as_the_system_does()
    {
        // With the suffix of a database's sidecar such a name is too long for any file.
        string name = new('n', 255);
        string source = _scene.MakeTree("state", (name, "new"));
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene.MakeTree("target", (name, "old"));

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Overlay = true });

        Assert.Equal("new", File.ReadAllText(Path.Join(target, name)));
        Assert.Equal("old", File.ReadAllText(Path.Join(result.Previous!, name)));
    }

    [Fact]
    public void An_overlay_of_many_files_is_exact()
    {
        string source = _scene.MakeTree("state", [.. Enumerable.Range(0, 1500).Select(i => ($"d{i % 7}/f{i}", $"new {i}"))]);
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene.MakeTree("target", [.. Enumerable.Range(0, 1500).Where(i => i % 3 == 0).Select(i => ($"d{i % 7}/f{i}", $"old {i}"))]);
        string old = RestoreScene.Describe(target);

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Overlay = true });

        Assert.Equal(RestoreScene.Describe(source), RestoreScene.Describe(target));
        Assert.Equal(Files(old), Files(RestoreScene.Describe(result.Previous!)));
    }

    [Fact]
    public void A_part_is_restored_with_the_directories_above_it()
    {
        string source = _scene.MakeTree("state", ("a/b/wanted.txt", "1"), ("a/b/other.bin", "2"), ("c/also.txt", "3"), ("d/no.bin", "4"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Join(source, "a"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene["part"];

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Include = ["*.txt"] });

        Assert.Equal(["a", "c"], RestoreScene.Names(target));
        Assert.Equal(["wanted.txt"], RestoreScene.Names(Path.Join(target, "a", "b")));
        Assert.Equal(2, result.EntryCount);
        Assert.Equal(2, result.Bytes);
        Assert.Equal(Directory.GetLastWriteTimeUtc(Path.Join(source, "a")), Directory.GetLastWriteTimeUtc(Path.Join(target, "a")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(File.GetUnixFileMode(Path.Join(source, "a")), File.GetUnixFileMode(Path.Join(target, "a")));
        }
    }

    [Fact]
    public void A_part_onto_a_standing_tree_needs_an_overlay()
    {
        string source = _scene.MakeTree("state", ("a/one", "1"), ("a/two", "2"));
        StoredSnapshot snapshot = _scene.Take(source);
        File.WriteAllText(Path.Join(source, "a/one"), "changed");
        File.WriteAllText(Path.Join(source, "a/two"), "changed");

        Assert.Equal(ErrorId.TargetExists, _scene.RestoreFails(snapshot.SnapshotPath, source, request => request with { Include = ["one"] }));
        Assert.Equal("changed", File.ReadAllText(Path.Join(source, "a/one")));

        RestoreResult result = _scene.Restore(snapshot, source, request => request with { Include = ["one"], Overlay = true });
        Assert.Equal("1", File.ReadAllText(Path.Join(source, "a/one")));
        Assert.Equal("changed", File.ReadAllText(Path.Join(source, "a/two")));
        Assert.Equal("changed", File.ReadAllText(Path.Join(result.Previous!, "a/one")));
    }

    [Fact]
    public void A_pattern_that_fits_nothing_is_an_error()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeTree("state", ("a/one", "1")));
        Assert.Equal(
            ErrorId.NothingToRestore,
            _scene.RestoreFails(snapshot.SnapshotPath, _scene["part"], request => request with { Include = ["*.typo"] }));
        Assert.False(Directory.Exists(_scene["part"]));
    }

    [SkippableFact]
    public void A_part_holds_the_content_of_hard_links_whose_first_name_is_not_in_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "hard links are made by ln");
        string source = _scene.MakeTree("state", ("a/first", "shared"), ("b/x", "x"));
        RestoreScene.Shell("ln", Path.Join(source, "a", "first"), Path.Join(source, "b", "later"));
        RestoreScene.Shell("ln", Path.Join(source, "a", "first"), Path.Join(source, "b", "last"));
        StoredSnapshot snapshot = _scene.Take(source);

        RestoreResult result = _scene.Restore(snapshot, _scene["part"], request => request with { Include = ["b"] });

        Assert.Equal(["last", "later", "x"], RestoreScene.Names(_scene["part", "b"]));
        Assert.Equal("shared", File.ReadAllText(_scene["part", "b", "later"]));
        Assert.Equal("2", RestoreScene.Shell("stat", "-c", "%h", _scene["part", "b", "last"]).Trim());
        Assert.True(result.Verified);
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
            string old = Files(RestoreScene.Describe(target));

            RestoreResult result = _scene.Restore(snapshot, target);

            Assert.Equal(target, Path.GetDirectoryName(result.Previous));
            Assert.Equal(old, Files(RestoreScene.Describe(result.Previous!)));
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

    [SkippableTheory]
    [InlineData("app.db")]
    [InlineData("app.db-wal")]
    public void A_tree_with_a_database_in_use_is_refused(string held)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells who holds a file open");
        string source = _scene.MakeTree("state", ("sub/note", "n"));
        string database = _scene.MakeCrashed("crashed.db", 3, 2);
        foreach (string suffix in (string[])["", "-wal", "-shm"])
        {
            File.Move(database + suffix, Path.Join(source, "sub", "app.db") + suffix);
        }

        StoredSnapshot snapshot = _scene.Take(source);
        string before = RestoreScene.Describe(source);
        using Process holder = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec 3<\"$1\"; echo ready; cat", "sh", Path.Join(source, "sub", held)])
            {
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            })!;
        Assert.Equal("ready", holder.StandardOutput.ReadLine());

        BackupException error = Assert.Throws<BackupException>(() => _scene.Restore(snapshot, source));
        Assert.Equal(ErrorId.TargetInUse, error.Id);
        Assert.Contains("process ", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, RestoreScene.Describe(source));

        // Another path to the same place hides nothing.
        Directory.CreateSymbolicLink(_scene["way"], _scene[""]);
        Assert.Equal(ErrorId.TargetInUse, _scene.RestoreFails(snapshot.SnapshotPath, _scene["way", "state"]));

        holder.StandardInput.Close();
        holder.WaitForExit();
        Assert.NotNull(_scene.Restore(snapshot, source).Previous);
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

    // What sha256sum says of the files, without what the directories are.
    private static string Files(string description) =>
        string.Join('\n', description.Split('\n').Where(static line => line.Length > 66 && line[64] == ' '));
}
