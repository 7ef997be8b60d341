using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Directories;

public sealed class DirectorySnapshotTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingObserver _observer = new();
    private readonly string _source;

    public DirectorySnapshotTests() => _source = Directory.CreateDirectory(_directory["state"]).FullName;

    private string Store => _directory["backups"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_file_is_kept_hidden_empty_and_large_ones_too()
    {
        Write(".hidden/.deeper/file", "secret");
        Write("empty", "");
        byte[] large = RandomNumberGenerator.GetBytes(3_000_000);
        File.WriteAllBytes(Path.Join(_source, "large"), large);
        StoredSnapshot snapshot = Take();
        Assert.Equal(SnapshotState.Complete, snapshot.State);
        Assert.Equal("secret", File.ReadAllText(Path.Join(snapshot.SnapshotPath, ".hidden/.deeper/file")));
        Assert.Empty(File.ReadAllBytes(Path.Join(snapshot.SnapshotPath, "empty")));
        Assert.Equal(large, File.ReadAllBytes(Path.Join(snapshot.SnapshotPath, "large")));
        Assert.Equal([".", ".hidden", ".hidden/.deeper", ".hidden/.deeper/file", "empty", "large"], Paths(snapshot));
        Assert.Equal(3, snapshot.Manifest.EntryCount);
        Assert.Equal(3_000_006, snapshot.Manifest.Bytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(large)), Entry(snapshot, "large").Sha256);
    }

    [Fact]
    public void Databases_are_captured_wherever_they_lie_and_their_sidecars_left_out()
    {
        Directory.CreateDirectory(Path.Join(_source, "deep/er"));
        string[] paths = ["app.db", "deep/er/no-extension", "deep/photo.jpg"];
        List<SqliteConnection> writers = [];
        foreach (string path in paths)
        {
            SqliteConnection writer = TestDatabase.Open(Path.Join(_source, path));
            writer.Execute("PRAGMA journal_mode=WAL");
            writer.Execute("CREATE TABLE t(x)");
            writer.Execute("INSERT INTO t VALUES(1),(2),(3)");
            writers.Add(writer);
        }

        // A crashed application's files: the writers are in this process, whose open databases are refused.
        string crashed = Directory.CreateDirectory(_directory["crashed"]).FullName;
        CopyTree(_source, crashed);
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

    [SkippableFact]
    public void Links_are_recorded_and_never_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        string outside = Directory.CreateDirectory(_directory["outside"]).FullName;
        File.WriteAllText(Path.Join(outside, "secret"), "outside");
        File.CreateSymbolicLink(Path.Join(_source, "dir-link"), outside);
        File.CreateSymbolicLink(Path.Join(_source, "dangling"), "no/where");
        StoredSnapshot snapshot = Take();
        Assert.Equal([".", "dangling", "dir-link"], Paths(snapshot));
        Assert.Equal("no/where", Encoding.UTF8.GetString(Entry(snapshot, "dangling").Target!));
        Assert.Equal(outside, Encoding.UTF8.GetString(Entry(snapshot, "dir-link").Target!));
    }

    [SkippableFact]
    public void Hard_links_are_one_file_with_several_names()
    {
        Skip.If(OperatingSystem.IsWindows(), "Made with ln.");
        Write("b", "shared");
        Run("ln", Path.Join(_source, "b"), Path.Join(_source, "a"));
        Directory.CreateDirectory(Path.Join(_source, "z"));
        Run("ln", Path.Join(_source, "b"), Path.Join(_source, "z/c"));
        StoredSnapshot snapshot = Take();
        Assert.Null(Entry(snapshot, "a").HardLink);
        Assert.Equal("a", Entry(snapshot, "b").HardLink!.Value.Text);
        Assert.Equal("a", Entry(snapshot, "z/c").HardLink!.Value.Text);
        Assert.Equal(6, snapshot.Manifest.Bytes);
    }

    [SkippableFact]
    public void Metadata_is_recorded_to_the_nanosecond()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Made with Linux tools.");
        Write("file", "x");
        string path = Path.Join(_source, "file");
        Run("touch", "-d", "2001-02-03 04:05:06.123456789Z", path);
        Run("chmod", "2751", path);
        Run("setfattr", "-n", "user.note", "-v", "hello", path);
        ListingEntry entry = Entry(Take(), "file");
        Assert.Equal("2001-02-03T04:05:06.123456789Z", entry.Modified.ToString());
        Assert.Equal(Convert.ToInt32("2751", 8), entry.Mode);
        Assert.Equal("hello", Encoding.UTF8.GetString(entry.ExtendedAttributes.Single(a => a.Key == "user.note").Value));
        Assert.NotNull(entry.Owner);
    }

    [SkippableFact]
    public void Sockets_and_pipes_are_skipped_and_told()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such files.");
        Run("mkfifo", Path.Join(_source, "pipe"));
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Join(_source, "socket")));
        StoredSnapshot snapshot = Take();
        Assert.Equal(["."], Paths(snapshot));
        Assert.Equal(["pipe", "socket"], snapshot.Manifest.Skipped.Select(static problem => problem.Path));
        Assert.False(snapshot.Manifest.Incomplete);
    }

    [SkippableFact]
    public void What_cannot_be_read_makes_the_snapshot_incomplete_and_is_named()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Made with Linux files.");
        string source = _source;
        if (Environment.UserName == "root")
        {
            // Permissions do not stop root, but the kernel does: a file there can only be written.
            source = "/proc/sys/vm";
            Skip.IfNot(File.Exists("/proc/sys/vm/compact_memory"), "This kernel has no file that root cannot read.");
        }
        else
        {
            Write("good", "x");
            Write("compact_memory", "y");
            Run("chmod", "000", Path.Join(_source, "compact_memory"));
        }

        StoredSnapshot snapshot = Take(source);
        Assert.Equal(SnapshotState.Incomplete, snapshot.State);
        Assert.Contains(snapshot.Manifest.Errors, static problem => problem.Path == "compact_memory");
        Assert.DoesNotContain("compact_memory", Paths(snapshot));
        Assert.True(snapshot.Manifest.EntryCount > 0);
    }

    [SkippableFact]
    public void Names_that_are_no_unicode_or_hold_newlines_survive()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux keeps such names.");
        byte[] odd = [(byte)'a', 0xff, 0xfe, (byte)'b'];
        using (DirectoryHandle directory = DirectoryHandle.Open(_source))
        {
            using FileHandle file = directory.CreateFile(EntryName.FromBytes(odd), 0x1a4);
            file.Write("bytes"u8);
            using FileHandle newline = directory.CreateFile(EntryName.FromText("new\nline"), 0x1a4);
            directory.CreateSymlink(EntryName.FromText("link"), odd);
        }

        StoredSnapshot snapshot = Take();
        ListingEntry[] entries = [.. Listing(snapshot)];
        Assert.Contains(entries, entry => entry.Path.Bytes.SequenceEqual(odd));
        Assert.Contains(entries, entry => entry.Path.Text == "new\nline");
        Assert.Equal(odd, entries.Single(entry => entry.Type == EntryType.Symlink).Target);
        using DirectoryHandle payload = DirectoryHandle.Open(snapshot.SnapshotPath);
        Assert.True(payload.TryGetStatus(EntryName.FromBytes(odd), out _));
    }

    [Fact]
    public void Sections_are_the_first_level_directories_with_their_counts()
    {
        Write("root.txt", "12");
        Write("memory/facts/a", "1");
        Write("memory/facts/b", "22");
        Write("sessions/s", "333");
        Directory.CreateDirectory(Path.Join(_source, "void"));
        Assert.Equal(
            [new(".", 1, 2), new("memory", 2, 3), new("sessions", 1, 3), new("void", 0, 0)],
            Take().Manifest.Sections);
    }

    [Fact]
    public void Named_sections_are_counted_wherever_they_lie()
    {
        Write("root.txt", "12");
        Write("memory/facts/a", "1");
        Write("memory/facts/b", "22");
        Write("memory/other/c", "4444");
        SnapshotManifest manifest = Take(new NewSnapshotRequest { Source = _source, Store = Store, Sections = ["memory/facts", "absent"] }).Manifest;
        Assert.Equal([new(".", 1, 2), new("absent", 0, 0), new("memory/facts", 2, 3)], manifest.Sections);
        Assert.Equal(4, manifest.EntryCount);
        Assert.Contains(_observer.Warnings, static warning => warning.Contains("absent", StringComparison.Ordinal));
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
            Source = _source, Store = Store, Exclude = ["*.log", "/tmp/"], ExcludeCaches = true,
        });
        Assert.Equal([".", "cache", "cache/CACHEDIR.TAG", "keep.txt"], Paths(snapshot));
        Assert.Equal(SnapshotState.Complete, snapshot.State);
    }

    [Fact]
    public void Patterns_are_read_from_files_and_a_missing_one_is_told()
    {
        Write("keep.txt", "x");
        Write("drop.log", "x");
        File.WriteAllText(_directory["patterns"], "# logs\n*.log\n");
        Assert.Equal(
            [".", "keep.txt"],
            Paths(Take(new NewSnapshotRequest { Source = _source, Store = Store, ExcludeFrom = [_directory["patterns"]] })));
        BackupException error = Assert.Throws<BackupException>(
            () => Take(new NewSnapshotRequest { Source = _source, Store = Store, ExcludeFrom = [_directory["absent"]] }));
        Assert.Equal(ErrorId.InvalidArgument, error.Id);
    }

    [Fact]
    public void The_store_and_safety_copies_inside_the_source_are_left_out_and_told()
    {
        Write("file", "x");
        Write("app.pre-restore-2026-01-02T030405Z.db", "old");
        Write("state.pre-restore-2026-01-02T030405Z/file", "old");
        Write(".state.backuptools-restore-0123456789ab/file", "half");
        NewSnapshotRequest request = new() { Source = _source, Store = Path.Join(_source, "backups") };
        Take(request);
        StoredSnapshot second = Take(request);
        Assert.Equal([".", "file"], Paths(second));
        Assert.Equal(
            [".state.backuptools-restore-0123456789ab", "app.pre-restore-2026-01-02T030405Z.db", "backups", "state.pre-restore-2026-01-02T030405Z"],
            second.Manifest.Skipped.Select(static problem => problem.Path));
    }

    [Fact]
    public void Payloads_are_private_whatever_the_source()
    {
        Write("dir/file", "x");
        StoredSnapshot snapshot = Take();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(snapshot.SnapshotPath, "dir/file")));
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(Path.Join(snapshot.SnapshotPath, "dir")));
        }
    }

    [Fact]
    public void A_corrupt_database_is_kept_and_marks_the_whole()
    {
        string path = Path.Join(_source, "x.db");
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
        string path = Path.Join(_source, "enc.db");
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(8192));
        File.WriteAllBytes(path + "-wal", [0x37, 0x7f, 0x06, 0x82, 1, 2, 3]);
        StoredSnapshot snapshot = Take();
        Assert.Equal(SnapshotState.Incomplete, snapshot.State);
        Assert.Equal([".", "enc.db", "enc.db-wal"], Paths(snapshot));
        Assert.Equal(CaptureMethod.Raw, Entry(snapshot, "enc.db").Capture);
        Assert.Equal(CheckResult.Unverifiable, snapshot.Manifest.Check!.Result);
    }

    [Fact]
    public void A_cancelled_run_leaves_no_trace()
    {
        for (int i = 0; i < 300; i++)
        {
            Write($"d{i % 7}/file{i}", new string('x', i * 10));
        }

        using CancellationTokenSource source = new();
        RecordingObserver observer = new() { Progressed = _ => source.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(
            () => SnapshotTaker.Take(new NewSnapshotRequest { Source = _source, Store = Store }, observer, source.Token));
        Assert.Equal([".backuptools.lock"], Directory.GetFileSystemEntries(Store).Select(Path.GetFileName));
    }

    [SkippableFact]
    public void A_tree_deeper_than_the_longest_path_is_kept()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Made with Linux calls.");
        using (DirectoryHandle root = DirectoryHandle.Open(_source))
        {
            DirectoryHandle current = root.Retain();
            EntryName name = EntryName.FromText(new string('d', 200));
            for (int i = 0; i < 30; i++)
            {
                current.CreateDirectory(name, 0x1ed);
                DirectoryHandle next = current.OpenDirectory(name);
                current.Dispose();
                current = next;
            }

            using (FileHandle file = current.CreateFile(EntryName.FromText("deep"), 0x1a4))
            {
                file.Write("down"u8);
            }

            current.Dispose();
        }

        ListingEntry[] entries = [.. Listing(Take())];
        Assert.Equal(32, entries.Length);
        Assert.Equal(4, entries[^1].Bytes);
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

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static IEnumerable<ListingEntry> Listing(StoredSnapshot snapshot)
    {
        string path = Path.Join(Path.GetDirectoryName(snapshot.ManifestPath), snapshot.Manifest.Listing);
        using FileStream stream = File.OpenRead(path);
        return [.. ListingReader.Read(stream, path)];
    }

    private static IEnumerable<string> Paths(StoredSnapshot snapshot) => Listing(snapshot).Select(static entry => entry.Path.Text);

    private static ListingEntry Entry(StoredSnapshot snapshot, string path) =>
        Listing(snapshot).Single(entry => entry.Path.Text == path);

    private void Write(string path, string text)
    {
        string full = Path.Join(_source, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private StoredSnapshot Take(string? source = null) => Take(new NewSnapshotRequest { Source = source ?? _source, Store = Store });

    private StoredSnapshot Take(NewSnapshotRequest request) => SnapshotTaker.Take(request, _observer, default).Snapshot;
}
