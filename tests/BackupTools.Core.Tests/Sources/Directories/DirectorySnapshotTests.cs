using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Sources.Directories;

public sealed class DirectorySnapshotTests : DirectorySnapshotScene
{
    [Fact]
    public void Every_file_is_kept_hidden_empty_and_large_ones_too()
    {
        Write(".hidden/.deeper/file", "secret");
        Write("empty", "");
        byte[] large = RandomNumberGenerator.GetBytes(3_000_000);
        File.WriteAllBytes(Path.Join(Source, "large"), large);
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

    [SkippableFact]
    public void Links_are_recorded_and_never_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        string outside = Directory.CreateDirectory(Scratch["outside"]).FullName;
        File.WriteAllText(Path.Join(outside, "secret"), "outside");
        File.CreateSymbolicLink(Path.Join(Source, "dir-link"), outside);
        File.CreateSymbolicLink(Path.Join(Source, "dangling"), "no/where");
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
        Run("ln", Path.Join(Source, "b"), Path.Join(Source, "a"));
        Directory.CreateDirectory(Path.Join(Source, "z"));
        Run("ln", Path.Join(Source, "b"), Path.Join(Source, "z/c"));
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
        string path = Path.Join(Source, "file");
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
    public void What_cannot_be_read_makes_the_snapshot_incomplete_and_is_named()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Made with Linux files.");
        string source = Source;
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
            Run("chmod", "000", Path.Join(Source, "compact_memory"));
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
        using (DirectoryHandle directory = DirectoryHandle.Open(Source))
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
        Directory.CreateDirectory(Path.Join(Source, "void"));
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
        SnapshotManifest manifest = Take(new NewSnapshotRequest { Source = Source, Store = Store, Sections = ["memory/facts", "absent"] }).Manifest;
        Assert.Equal([new(".", 1, 2), new("absent", 0, 0), new("memory/facts", 2, 3)], manifest.Sections);
        Assert.Equal(4, manifest.EntryCount);
        Assert.Contains(Observer.Warnings, static warning => warning.Contains("absent", StringComparison.Ordinal));
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
    public void A_cancelled_run_leaves_no_trace()
    {
        for (int i = 0; i < 300; i++)
        {
            Write($"d{i % 7}/file{i}", new string('x', i * 10));
        }

        using CancellationTokenSource source = new();
        RecordingObserver observer = new() { Progressed = _ => source.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(
            () => SnapshotTaker.Take(new NewSnapshotRequest { Source = Source, Store = Store }, observer, source.Token));
        Assert.Equal([".backuptools.lock"], Directory.GetFileSystemEntries(Store).Select(Path.GetFileName));
    }

    [SkippableFact]
    public void A_tree_deeper_than_the_longest_path_is_kept()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Made with Linux calls.");
        using (DirectoryHandle root = DirectoryHandle.Open(Source))
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
}
