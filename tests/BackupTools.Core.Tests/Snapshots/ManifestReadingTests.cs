using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Stores;

namespace BackupTools.Core.Tests.Snapshots;

/// <summary>Manifests that are damaged or forged: told as damaged, naming nothing but their own, disturbing no other.</summary>
public sealed class ManifestReadingTests : IDisposable
{
    private const string Stem = "app-2026-11-21T034218Z";

    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void All_that_is_written_is_read()
    {
        SnapshotManifest written = _store.AddDatabase(change: manifest => manifest with
        {
            SourceRaw = [0x2f, 0xff],
            File = new SourceFileInfo
            {
                Mode = "0640", Uid = 7, Gid = uint.MaxValue, Owner = "ö", Group = "g", Modified = "2026-11-21T03:42:18.123456789Z",
            },
            EntryCount = long.MaxValue,
            Sections = [new SnapshotSection("t\n\"x\"", 3), new SnapshotSection("u", 4, 5)],
            Sqlite = new SqliteInfo
            {
                PageSize = 4096, PageCount = 1L << 40, JournalMode = "wal", UserVersion = -1, ApplicationId = int.MinValue,
                Capture = CaptureMethod.Vacuum, EngineVersion = "3.40.1", LockedMs = 12,
            },
            Check = new SnapshotCheck("full", CheckResult.Unverifiable, "no such collation sequence: x"),
            Tags = ["a", "b"],
            Comment = "c",
            Incomplete = true,
            Errors = [new SnapshotProblem("x", "y")],
            Skipped = [new SnapshotProblem("s", "socket")],
        }).Manifest;

        StoredSnapshot read = Assert.Single(_store.Store.List());

        Assert.Equal(SnapshotState.Incomplete, read.State);
        Assert.Equal(ManifestFile.Serialize(written), ManifestFile.Serialize(read.Manifest));
    }

    [Theory]
    [InlineData("\"snapshot\": \"app-2026-11-21T034218Z.db\"", "\"snapshot\": \"../app-2026-11-21T034218Z.db\"")]
    [InlineData("\"snapshot\": \"app-2026-11-21T034218Z.db\"", "\"snapshot\": \"/etc/passwd\"")]
    [InlineData("\"snapshot\": \"app-2026-11-21T034218Z.db\"", "\"snapshot\": \"other-2026-11-21T034218Z.db\"")]
    [InlineData("\"snapshot\": \"app-2026-11-21T034218Z.db\"", "\"snapshot\": \"\"")]
    [InlineData("\"snapshot\": \"app-2026-11-21T034218Z.db\"", "\"snapshot\": \"\\ud800.db\"")]
    [InlineData("\"snapshot\": \"app-2026-11-21T034218Z.db\"", "\"snapshot\": \"app-2026-11-21T034218Z.db\", \"listing\": \"x.files.jsonl\"")]
    [InlineData("\"kind\": \"sqlite\"", "\"kind\": \"directory\"")]
    [InlineData("\"kind\": \"sqlite\"", "\"kind\": \"tape\"")]
    [InlineData("\"kind\": \"sqlite\"", "\"kind\": null")]
    [InlineData("\"kind\": \"sqlite\"", "\"kind\": \"sqlite\", \"kind\": \"sqlite\"")]
    [InlineData("\"name\": \"app\"", "\"name\": [\"app\"]")]
    [InlineData("\"format_version\": 1", "\"format_version\": 99999999999999999999")]
    [InlineData("\"format_version\": 1", "\"format_version\": 0")]
    [InlineData("\"format_version\": 1", "\"format_version\": 1.5")]
    [InlineData("\"entry_count\": 0", "\"entry_count\": 99999999999999999999")]
    [InlineData("\"entry_count\": 0", "\"entry_count\": -1")]
    [InlineData("\"sections\": []", "\"sections\": null")]
    [InlineData("\"sections\": []", "\"sections\": [null]")]
    [InlineData("\"sections\": []", "\"sections\": [{\"name\":\"t\",\"entry_count\":-1}]")]
    [InlineData("\"sections\": []", "\"sections\": [{\"entry_count\":1}]")]
    [InlineData("\"tags\": []", "\"tags\": [null]")]
    [InlineData("\"tags\": []", "\"tags\": {}")]
    [InlineData("\"result\": \"ok\"", "\"result\": \"fine\"")]
    [InlineData("\"result\": \"ok\"", "\"result\": 0")]
    [InlineData("\"created_at\": \"2026-11-21T03:42:18.123Z\"", "\"created_at\": \"yesterday\"")]
    [InlineData("\"created_at\": \"2026-11-21T03:42:18.123Z\"", "\"created_at\": 17")]
    [InlineData("\"bytes\": 30", "\"bytes\": 31")]
    [InlineData("\"bytes\": 30", "\"bytes\": -1")]
    [InlineData("\"sha256\": \"", "\"sha256\": \"A")]
    [InlineData("\n}\n", "\n}\n{}")]
    [InlineData("\n}\n", "")]
    [InlineData("{\n", "[\n")]
    [InlineData("{\n  \"format_version\"", "\0{\n  \"format_version\"")]
    public void A_forged_or_damaged_manifest_is_told_as_such(string part, string replacement)
    {
        _store.AddDatabase(name: "good");
        bool found = false;
        _store.WriteByHand(Stem, text =>
        {
            found = text.Contains(part, StringComparison.Ordinal);
            return text.Replace(part, replacement, StringComparison.Ordinal);
        });
        Assert.True(found);

        IReadOnlyList<StoredSnapshot> listed = _store.Store.List();

        Assert.Equal(2, listed.Count);
        Assert.Equal(SnapshotState.Complete, Assert.Single(listed, snapshot => snapshot.Manifest.Name == "good").State);
        StoredSnapshot damaged = Assert.Single(listed, snapshot => snapshot.ManifestPath == _store[Stem + ".manifest.json"]);
        Assert.Equal(SnapshotState.Damaged, damaged.State);
        Assert.False(string.IsNullOrEmpty(damaged.Damage));
        Assert.StartsWith(_store[Stem], damaged.SnapshotPath, StringComparison.Ordinal);
        Assert.StartsWith(Stem, damaged.Manifest.Snapshot, StringComparison.Ordinal);
        Assert.DoesNotContain('/', damaged.Manifest.Snapshot);
        Assert.Equal(ErrorId.SnapshotDamaged, Assert.Throws<BackupException>(() => _store.Store.Remove(damaged)).Id);
        Assert.True(File.Exists(_store[Stem + ".db"]));
    }

    [Fact]
    public void Json_that_is_deep_or_empty_is_damage()
    {
        File.WriteAllText(_store["deep-2026-11-21T034218Z.manifest.json"], "{\"x\":" + new string('[', 100_000));
        File.WriteAllText(_store["empty-2026-11-21T034218Z.manifest.json"], string.Empty);
        File.WriteAllText(_store["nostamp.manifest.json"], "{}");
        File.WriteAllBytes(_store["latin-2026-11-21T034218Z.manifest.json"], [.. "{\"name\":\""u8, 0xff, .. "\"}"u8]);
        Directory.CreateDirectory(_store["directory-2026-11-21T034218Z.manifest.json"]);

        Assert.All(_store.Store.List(), snapshot => Assert.Equal(SnapshotState.Damaged, snapshot.State));
        Assert.Equal(5, _store.Store.List().Count);
    }

    [Fact]
    public void A_newer_format_is_told_apart_from_damage()
    {
        _store.WriteByHand(Stem, text => text
            .Replace("\"format_version\": 1", "\"format_version\": 2", StringComparison.Ordinal)
            .Replace("\"sections\": []", "\"sections\": {\"new\":1}", StringComparison.Ordinal));

        StoredSnapshot snapshot = Assert.Single(_store.Store.List());

        Assert.Equal(SnapshotState.Damaged, snapshot.State);
        Assert.Equal(ErrorId.FormatNotSupported, snapshot.DamageId);
    }

    [Fact]
    public void What_a_newer_version_adds_is_passed_over()
    {
        _store.WriteByHand(Stem, text => text.Replace(
            "\"kind\"", "\"added\": {\"x\": [1, {\"y\": null}]},\n  \"kind\"", StringComparison.Ordinal));

        Assert.Equal(SnapshotState.Complete, Assert.Single(_store.Store.List()).State);
    }

    [Fact]
    public void A_payload_that_is_missing_or_another_thing_is_damage()
    {
        StoredSnapshot missing = _store.AddDatabase(name: "missing");
        File.Delete(missing.SnapshotPath);
        StoredSnapshot shorter = _store.AddDatabase(name: "shorter");
        File.WriteAllText(shorter.SnapshotPath, "x");
        StoredSnapshot file = _store.AddDirectory(name: "file");
        Directory.Delete(file.SnapshotPath, recursive: true);
        File.WriteAllText(file.SnapshotPath, "x");
        StoredSnapshot unlisted = _store.AddDirectory(name: "unlisted");
        File.Delete(unlisted.SnapshotPath + ".files.jsonl");

        IReadOnlyList<StoredSnapshot> listed = _store.Store.List();

        Assert.Equal(4, listed.Count);
        Assert.All(listed, snapshot => Assert.Equal(SnapshotState.Damaged, snapshot.State));
        Assert.All(listed, snapshot => Assert.Equal("/data", Path.GetDirectoryName(snapshot.Manifest.Source)));
    }

    [SkippableFact]
    public void A_payload_that_is_a_link_is_damage()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        StoredSnapshot snapshot = _store.AddDatabase();
        File.Move(snapshot.SnapshotPath, _store["elsewhere"]);
        File.CreateSymbolicLink(snapshot.SnapshotPath, _store["elsewhere"]);

        Assert.Equal(SnapshotState.Damaged, Assert.Single(_store.Store.List()).State);
        using LocatedSnapshots located = SnapshotLocator.Open(snapshot.SnapshotPath);
        Assert.Equal(SnapshotState.Damaged, located.Named!.State);
    }

    [Fact]
    public void Ten_thousand_snapshots_are_listed_oldest_first()
    {
        const int count = 10_000;
        byte[] content = "x"u8.ToArray();
        for (int i = 0; i < count; i++)
        {
            DateTime time = TestStore.Start.AddMinutes(i);
            string stem = SnapshotStem.Create("app", time, 1).Text;
            if (i % 100 == 7)
            {
                File.WriteAllText(_store[stem + ".manifest.json"], "{");
                continue;
            }

            File.WriteAllBytes(_store[stem + ".db"], content);
            File.WriteAllBytes(
                _store[stem + ".manifest.json"],
                ManifestFile.Serialize(TestStore.DatabaseManifest(stem + ".db", "app", time, content)));
        }

        IReadOnlyList<StoredSnapshot> listed = _store.Store.List();

        Assert.Equal(count, listed.Count);
        Assert.Equal(count / 100, listed.Count(snapshot => snapshot.State == SnapshotState.Damaged));
        Assert.Equal(listed.OrderBy(snapshot => snapshot.Manifest.CreatedAt).Select(snapshot => snapshot.ManifestPath), listed.Select(snapshot => snapshot.ManifestPath));
    }

    [Fact]
    public void Any_single_changed_byte_of_a_manifest_leads_nowhere_else()
    {
        _store.WriteByHand(Stem);
        string path = _store[Stem + ".manifest.json"];
        byte[] original = File.ReadAllBytes(path);
        Random random = new(20261121);
        for (int round = 0; round < 2000; round++)
        {
            byte[] changed = [.. original];
            int at = random.Next(changed.Length);
            changed[at] = (byte)random.Next(256);
            File.WriteAllBytes(path, round % 3 == 0 ? changed[..at] : changed);

            StoredSnapshot snapshot = Assert.Single(_store.Store.List());

            Assert.Equal(path, snapshot.ManifestPath);
            Assert.Equal(Stem, Path.GetFileNameWithoutExtension(snapshot.Manifest.Snapshot));
            Assert.Equal(_store.Path, Path.GetDirectoryName(snapshot.SnapshotPath));
        }
    }

    [Theory]
    [InlineData("app-2026-11-21T034218Z", "app", 1)]
    [InlineData("app-2026-11-21T034218Z-2", "app", 2)]
    [InlineData("a-b-2026-11-21T034218Z-2026-11-21T034219Z-10", "a-b-2026-11-21T034218Z", 10)]
    public void A_stem_is_taken_apart_and_put_together(string text, string name, int sequence)
    {
        Assert.True(SnapshotStem.TryParse(text, out SnapshotStem? stem));
        Assert.Equal(name, stem.Name);
        Assert.Equal(sequence, stem.Sequence);
        Assert.Equal(text, SnapshotStem.Create(stem.Name, stem.Stamp, stem.Sequence).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("app")]
    [InlineData("-2026-11-21T034218Z")]
    [InlineData(".app-2026-11-21T034218Z")]
    [InlineData("a/b-2026-11-21T034218Z")]
    [InlineData("app-2026-11-31T034218Z")]
    [InlineData("app-2026-11-21T034218Z-1")]
    [InlineData("app-2026-11-21T034218Z-02")]
    [InlineData("app-2026-11-21T034218Z-x")]
    [InlineData("app_2026-11-21T034218Z")]
    public void What_is_no_stem_is_refused(string text) => Assert.False(SnapshotStem.TryParse(text, out _));

    [Theory]
    [InlineData("/data/app.db", "sqlite", "app")]
    [InlineData("/data/memory", "sqlite", "memory")]
    [InlineData("/data/.hidden.db", "sqlite", "hidden")]
    [InlineData("/data/.db", "sqlite", "db")]
    [InlineData("/data/my.app/", "directory", "my.app")]
    [InlineData("/", "directory", "root")]
    [InlineData("/data/a:b\n?", "directory", "a_b__")]
    public void A_series_is_named_after_its_source(string source, string kind, string expected)
    {
        Assert.Equal(expected, SnapshotName.FromSource(source, kind));
        SnapshotName.Check(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".x")]
    [InlineData("a/b")]
    [InlineData("a\0")]
    public void A_name_that_cannot_be_a_files_is_refused(string name) =>
        Assert.Equal(ErrorId.InvalidArgument, Assert.Throws<BackupException>(() => SnapshotName.Check(name)).Id);

    [Fact]
    public void A_long_source_name_still_fits()
    {
        string name = SnapshotName.FromSource("/" + new string('ö', 500), SnapshotKind.Directory);

        SnapshotName.Check(name);
        Assert.Equal(80, name.Length);
        _store.AddDirectory(name: name);
        Assert.Equal(SnapshotState.Complete, Assert.Single(_store.Store.List()).State);
    }
}
