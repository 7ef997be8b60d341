using System.Text;
using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Tests.Stores;

public sealed class FolderStoreTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_database_snapshot_stands_under_its_name_and_stamp()
    {
        StoredSnapshot published = _store.AddDatabase();

        Assert.Equal(["app-2026-11-21T034218Z.db", "app-2026-11-21T034218Z.manifest.json"], _store.Names);
        StoredSnapshot listed = Assert.Single(_store.Store.List());
        Assert.Equal(SnapshotState.Complete, listed.State);
        Assert.Equal(published.Manifest.Id, listed.Manifest.Id);
        Assert.Equal(published.Manifest.CreatedAt, listed.Manifest.CreatedAt);
        Assert.Equal(_store["app-2026-11-21T034218Z.db"], listed.SnapshotPath);
        Assert.Equal(_store["app-2026-11-21T034218Z.manifest.json"], listed.ManifestPath);
    }

    [Fact]
    public void What_is_published_has_the_time_that_its_file_has()
    {
        StoredSnapshot published = _store.AddDatabase(createdAt: new DateTime(2026, 11, 21, 3, 42, 18, DateTimeKind.Utc).AddTicks(1_234_567));

        Assert.Equal(Assert.Single(_store.Store.List()).Manifest.CreatedAt, published.Manifest.CreatedAt);
    }

    [Fact]
    public void A_directory_snapshot_reads_back_as_it_was_written()
    {
        string[] files = ["a/b/deep.txt", "a/x.txt", "a.txt", "z"];
        _store.AddDirectory(files: files);

        using ISnapshotReader reader = _store.Store.Open(Assert.Single(_store.Store.List()));
        List<string> read = [];
        foreach (ListingEntry entry in reader.ReadEntries().Where(entry => entry.Type == EntryType.File))
        {
            Assert.Equal(entry.Path.Text, reader.ReadFile(entry));
            read.Add(entry.Path.Text);
        }

        Assert.Equal(files, read);
    }

    [SkippableFact]
    public void What_is_written_is_private()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no modes.");
        _store.AddDatabase();
        _store.AddDirectory();

        UnixFileMode shared = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        foreach (string path in Directory.EnumerateFileSystemEntries(_store.Path, "*", SearchOption.AllDirectories).Append(_store.Path))
        {
            Assert.Equal(default, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path) & shared);
        }
    }

    [Fact]
    public void Snapshots_of_one_second_get_numbers()
    {
        _store.AddDatabase();
        StoredSnapshot second = _store.AddDatabase();
        StoredSnapshot third = _store.AddDatabase();

        Assert.Equal("app-2026-11-21T034218Z-2.db", second.Manifest.Snapshot);
        Assert.Equal("app-2026-11-21T034218Z-3.db", third.Manifest.Snapshot);
        Assert.Equal(
            ["app-2026-11-21T034218Z.db", "app-2026-11-21T034218Z-2.db", "app-2026-11-21T034218Z-3.db"],
            _store.Store.List().Select(snapshot => snapshot.Manifest.Snapshot));
    }

    [Theory]
    [InlineData("app-2026-11-21T034218Z.db")]
    [InlineData("app-2026-11-21T034218Z")]
    [InlineData("app-2026-11-21T034218Z.manifest.json")]
    [InlineData("app-2026-11-21T034218Z.files.jsonl")]
    [InlineData(".partial-app-2026-11-21T034218Z.manifest.json")]
    public void A_name_that_is_taken_is_never_used_again(string taken)
    {
        File.WriteAllText(_store[taken], "somebody's");

        StoredSnapshot published = _store.AddDatabase();

        Assert.Equal("app-2026-11-21T034218Z-2.db", published.Manifest.Snapshot);
        Assert.Equal("somebody's", File.ReadAllText(_store[taken]));
    }

    [Fact]
    public void A_name_taken_while_writing_stops_the_publishing_and_stays_as_it_is()
    {
        using (FolderSnapshotWriter writer = _store.Store.Create("state", SnapshotKind.Directory, TestStore.Start))
        {
            TestStore.WriteTree(writer, ["x"]);
            File.WriteAllText(_store[writer.ListingName], "somebody's");
            SnapshotManifest manifest = TestStore.DirectoryManifest("state", TestStore.Start);
            BackupException error = Assert.Throws<BackupException>(() => writer.Publish(manifest));
            Assert.Equal(ErrorId.InputOutput, error.Id);
        }

        Assert.Equal(["state-2026-11-21T034218Z.files.jsonl"], _store.Names);
        Assert.Equal("somebody's", File.ReadAllText(_store["state-2026-11-21T034218Z.files.jsonl"]));
    }

    [Fact]
    public void A_snapshot_given_up_leaves_no_trace()
    {
        using (FolderSnapshotWriter writer = _store.Store.Create("state", SnapshotKind.Directory, TestStore.Start))
        {
            TestStore.WriteTree(writer, ["a/b", "c"]);
            File.WriteAllText(Path.Join(writer.ScratchPath, "copy"), "x");
            Assert.All(_store.Names, name => Assert.StartsWith(".partial-", name, StringComparison.Ordinal));
            Assert.Empty(_store.Store.List());
        }

        Assert.Empty(_store.Names);
    }

    [Fact]
    public void Databases_move_from_the_scratch_place_into_the_tree()
    {
        using (FolderSnapshotWriter writer = _store.Store.Create("state", SnapshotKind.Directory, TestStore.Start))
        {
            string below = Path.Join(writer.ScratchPath, "below");
            Directory.CreateDirectory(below);
            File.WriteAllText(Path.Join(below, "copy"), "a database");
            using (IPayloadDirectory directory = writer.Root.CreateDirectory(EntryName.FromText("sub")))
            {
                directory.StoreDatabase(Path.Join(below, "copy"), null, default);
                directory.AdoptDatabase(Path.Join(below, "copy"), EntryName.FromText("data"));
            }

            writer.Publish(TestStore.DirectoryManifest("state", TestStore.Start));
        }

        Assert.Equal("a database", File.ReadAllText(Path.Join(_store["state-2026-11-21T034218Z"], "sub", "data")));
        Assert.Equal(3, _store.Names.Length);
    }

    [Fact]
    public void Many_threads_write_and_read_one_tree()
    {
        using (FolderSnapshotWriter writer = _store.Store.Create("state", SnapshotKind.Directory, TestStore.Start))
        {
            Parallel.For(0, 8, outer =>
            {
                using IPayloadDirectory directory = writer.Root.CreateDirectory(EntryName.FromText($"d{outer}"));
                Parallel.For(0, 50, inner =>
                {
                    using IPayloadFile file = directory.CreateFile(EntryName.FromText($"f{inner}"));
                    TestStore.Fill(file, Encoding.UTF8.GetBytes($"d{outer}/f{inner}"));
                });
            });
            writer.Publish(TestStore.DirectoryManifest("state", TestStore.Start));
        }

        using ISnapshotReader reader = _store.Store.Open(Assert.Single(_store.Store.List()));
        Parallel.For(0, 400, index =>
        {
            string name = $"d{index % 8}/f{index / 8}";
            Assert.Equal(name, reader.ReadFile(name));
        });
    }

    [Fact]
    public void A_manifest_names_what_was_written_whatever_it_said_before()
    {
        using (FolderSnapshotWriter writer = _store.Store.Create("state", SnapshotKind.Directory, TestStore.Start))
        {
            TestStore.WriteTree(writer, ["x"]);
            SnapshotManifest manifest = TestStore.DirectoryManifest("state", TestStore.Start);
            Assert.Throws<InvalidOperationException>(() => writer.Publish(manifest with { Kind = SnapshotKind.Sqlite }));
            writer.Publish(manifest with { Snapshot = "../x", Listing = "y", Sha256 = new string('0', 64) });
        }

        StoredSnapshot listed = Assert.Single(_store.Store.List());
        Assert.Equal(SnapshotState.Complete, listed.State);
        Assert.Equal("state-2026-11-21T034218Z", listed.Manifest.Snapshot);
        using ISnapshotReader reader = _store.Store.Open(listed);
        Assert.Equal(2, reader.ReadEntries().Count());
    }

    [Fact]
    public void A_changed_listing_is_found_out()
    {
        StoredSnapshot snapshot = _store.AddDirectory();
        string path = _store["state-2026-11-21T034218Z.files.jsonl"];
        File.WriteAllText(path, File.ReadAllText(path).Replace("x.txt", "y.txt", StringComparison.Ordinal));

        using ISnapshotReader reader = _store.Store.Open(snapshot);
        BackupException error = Assert.Throws<BackupException>(() => reader.ReadEntries().Count());
        Assert.Equal(ErrorId.VerificationFailed, error.Id);
        Assert.Equal(6, reader.ReadEntries(verifyListing: false).Count());
    }

    [Fact]
    public void A_listing_that_is_lost_is_made_up_for_only_when_told()
    {
        StoredSnapshot snapshot = _store.AddDirectory();
        File.Delete(_store["state-2026-11-21T034218Z.files.jsonl"]);

        using ISnapshotReader reader = _store.Store.Open(snapshot);
        Assert.Throws<BackupException>(() => reader.ReadEntries().Count());
        Assert.Equal(
            [".", "a", "a/b", "a/b/deep.txt", "a/x.txt", "b.txt"],
            reader.ReadEntries(verifyListing: false).Select(entry => entry.Path.Text));
    }

    [SkippableFact]
    public void Nothing_is_read_through_a_link()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        StoredSnapshot snapshot = _store.AddDirectory();
        string payload = snapshot.SnapshotPath;
        File.Delete(Path.Join(payload, "b.txt"));
        File.CreateSymbolicLink(Path.Join(payload, "b.txt"), "/etc/hostname");
        Directory.Move(Path.Join(payload, "a"), _store["elsewhere"]);
        File.CreateSymbolicLink(Path.Join(payload, "a"), _store["elsewhere"]);

        using ISnapshotReader reader = _store.Store.Open(snapshot);
        foreach (string name in (string[])["b.txt", "a/x.txt", "a/b/deep.txt"])
        {
            Assert.Equal(ErrorId.VerificationFailed, Assert.Throws<BackupException>(() => reader.ReadFile(name)).Id);
        }
    }

    [Fact]
    public void Removing_takes_what_the_manifest_owns_and_nothing_else()
    {
        StoredSnapshot directory = _store.AddDirectory();
        StoredSnapshot database = _store.AddDatabase();
        StoredSnapshot other = _store.AddDatabase(createdAt: TestStore.Start.AddSeconds(1));
        File.WriteAllText(_store["state-2026-11-21T034218Z.txt"], "somebody's");

        _store.Store.Remove(directory);
        _store.Store.Remove(database);

        Assert.Equal(
            [other.Manifest.Snapshot, Path.GetFileName(other.ManifestPath), "state-2026-11-21T034218Z.txt"], _store.Names);
        Assert.Equal(
            ErrorId.SnapshotNotFound, Assert.Throws<BackupException>(() => _store.Store.Remove(database)).Id);
    }

    [SkippableFact]
    public void A_tree_with_links_is_made_durable_file_by_file()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        StoredSnapshot snapshot = _store.AddDirectory();
        File.CreateSymbolicLink(Path.Join(snapshot.SnapshotPath, "nowhere"), "/nonexistent");

        using DirectoryHandle payload = DirectoryHandle.Open(snapshot.SnapshotPath);
        payload.SyncTree();
    }

    [Fact]
    public void A_missing_store_is_an_error_and_a_new_one_is_made_with_all_above_it()
    {
        string path = _store["x/y/z"];
        Assert.Equal(ErrorId.StoreNotFound, Assert.Throws<BackupException>(() => FolderStore.OpenExisting(path)).Id);

        using FolderStore made = FolderStore.OpenOrCreate(path + "/");

        Assert.Equal(path, made.Path);
        Assert.True(Directory.Exists(path));
        File.WriteAllText(_store["file"], string.Empty);
        Assert.Equal(
            ErrorId.StoreNotFound, Assert.Throws<BackupException>(() => FolderStore.OpenExisting(_store["file"])).Id);
    }
}
