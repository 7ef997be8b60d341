using System.Security.Cryptography;
using BackupTools.Core.Restore;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Tests.Stores;

namespace BackupTools.Core.Tests.Snapshots;

/// <summary>Backups as ai-memory and Oxios leave them, good and damaged.</summary>
public sealed class ForeignBackupTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_backup_of_ai_memory_is_a_snapshot()
    {
        string hash = WriteAiMemory();

        StoredSnapshot snapshot = Assert.Single(_store.Store.List());

        Assert.Equal(SnapshotState.Complete, snapshot.State);
        Assert.Equal(ManifestOrigin.AiMemory, snapshot.Manifest.Origin);
        Assert.Equal(SnapshotKind.Sqlite, snapshot.Manifest.Kind);
        Assert.Equal(new SnapshotSeries("ai-memory", "/home/u/memory.db", string.Empty), snapshot.Manifest.Series);
        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1234567), snapshot.Manifest.CreatedAt);
        Assert.Equal(hash, snapshot.Manifest.Sha256);
        Assert.Equal("0.5.4", snapshot.Manifest.Version);
        using ISnapshotReader reader = _store.Store.Open(snapshot);
        Assert.Equal("a database", reader.ReadDatabase());
    }

    [Theory]
    [InlineData("\"version\": \"0.5.4\",", "")]
    [InlineData("\"0.5.4\"", "5")]
    [InlineData("ai-memory-2026-01-02T030405Z.db", "../x.db")]
    [InlineData("\"bytes\": 10", "\"bytes\": 11")]
    [InlineData("2026-01-02T03:04:05", "2026-99-02T03:04:05")]
    [InlineData("\"sha256\": \"", "\"sha256\": \"zz")]
    public void A_damaged_backup_of_ai_memory_is_told_as_such(string part, string replacement)
    {
        WriteAiMemory(part, replacement);

        Assert.Equal(SnapshotState.Damaged, Assert.Single(_store.Store.List()).State);
    }

    [Fact]
    public void Retention_counts_ai_memory_and_leaves_Oxios_alone()
    {
        WriteAiMemory();
        WriteOxios("old");
        WriteOxios("new");
        string text = File.ReadAllText(_store["ai-memory-2026-01-02T030405Z.manifest.json"]);
        File.Copy(_store["ai-memory-2026-01-02T030405Z.db"], _store["ai-memory-2026-01-03T030405Z.db"]);
        File.WriteAllText(
            _store["ai-memory-2026-01-03T030405Z.manifest.json"], text.Replace("2026-01-02T", "2026-01-03T", StringComparison.Ordinal));
        PruneRequest request = new() { Store = _store.Path, Policy = new RetentionPolicy { Last = 1 } };

        SnapshotPruner.Run(SnapshotPruner.Plan(request, new WarningLog(), default), new WarningLog(), default);

        Assert.Equal(["ai-memory-2026-01-03T030405Z.db", "ai-memory-2026-01-03T030405Z.manifest.json", "new", "old"], _store.Names);
    }

    [Fact]
    public void Backups_of_ai_memory_are_of_one_series_with_those_that_this_program_makes_of_the_same_database()
    {
        WriteAiMemory();
        StoredSnapshot own = AddOwn("here", 3);
        StoredSnapshot newest = AddOwn("here", 4);

        RestorePlan restore = SnapshotRestorer.Plan(
            new() { Snapshot = _store.Path, Target = _store["restored.db"] }, new WarningLog(), default);
        Assert.Equal(newest.SnapshotPath, restore.Snapshot.SnapshotPath);
        Assert.Equal(newest.Manifest.Id, Assert.Single(SnapshotLister.List(new() { Path = _store.Path, Latest = 1 }, new WarningLog(), default)).Manifest.Id);
        Assert.Equal(
            ["ai-memory-2026-01-02T030405Z.db"],
            RetentionRules.DecideKeep(_store.Store.List(), newest, 2).Select(static snapshot => snapshot.Manifest.Snapshot));
        PrunePlan prune = SnapshotPruner.Plan(
            new() { Store = _store.Path, Policy = new RetentionPolicy { Last = 1 } }, new WarningLog(), default);
        Assert.Equal(
            ["ai-memory-2026-01-02T030405Z.db", own.Manifest.Snapshot],
            prune.Decisions.Where(static decision => decision.Action == RetentionAction.Remove).Select(static decision => decision.Snapshot.Manifest.Snapshot));
    }

    [Fact]
    public void A_backup_of_ai_memory_counts_for_no_host_where_several_may_have_made_it()
    {
        WriteAiMemory();
        AddOwn("here", 3);
        StoredSnapshot newest = AddOwn("there", 4);

        Assert.Empty(RetentionRules.DecideKeep(_store.Store.List(), newest, 1));
        Assert.Equal(3, SnapshotLister.List(new() { Path = _store.Path, Latest = 1 }, new WarningLog(), default).Count);
    }

    [Fact]
    public void A_backup_of_Oxios_is_a_snapshot_without_hashes()
    {
        WriteOxios("backup-1");

        StoredSnapshot snapshot = Assert.Single(_store.Store.List());

        Assert.Equal(SnapshotState.Complete, snapshot.State);
        Assert.Equal(ManifestOrigin.Oxios, snapshot.Manifest.Origin);
        Assert.Equal(_store["backup-1"], snapshot.SnapshotPath);
        Assert.Equal(["seeds", "memory/facts"], snapshot.Manifest.Sections.Select(section => section.Name));
        Assert.Equal(3, snapshot.Manifest.EntryCount);
        Assert.Null(snapshot.Manifest.Sha256);
        using ISnapshotReader reader = _store.Store.Open(snapshot);
        List<ListingEntry> entries = [.. reader.ReadEntries()];
        Assert.Equal(
            [".", "memory", "memory/facts", "memory/facts/1.json", "memory/facts/manifest.json", "memory.txt", "seeds", "seeds/1.json"],
            entries.Select(entry => entry.Path.Text));
        Assert.All(entries, entry => Assert.Null(entry.Sha256));
        Assert.Equal(ErrorId.SnapshotDamaged, Assert.Throws<BackupException>(() => _store.Store.Remove(snapshot)).Id);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", ErrorId.FormatNotSupported)]
    [InlineData("\"version\": 1", "\"version\": 1e99", ErrorId.FormatNotSupported)]
    [InlineData("\"version\": 1,", "", ErrorId.SnapshotDamaged)]
    [InlineData("2025-01-01T00:00:00Z", "once", ErrorId.SnapshotDamaged)]
    [InlineData("\"entry_count\": 2", "\"entry_count\": -2", ErrorId.SnapshotDamaged)]
    [InlineData("\"entry_count\": 2", "\"entry_count\": 99999999999999999999", ErrorId.SnapshotDamaged)]
    [InlineData("\"sections\"", "\"parts\"", ErrorId.NothingToRestore)]
    [InlineData("]}", "]", ErrorId.SnapshotDamaged)]
    public void A_damaged_backup_of_Oxios_is_told_as_such(string part, string replacement, ErrorId expected)
    {
        WriteOxios("backup-1", part, replacement);

        StoredSnapshot snapshot = Assert.Single(_store.Store.List());

        Assert.Equal(SnapshotState.Damaged, snapshot.State);
        Assert.Equal(expected, snapshot.DamageId);
    }

    [Fact]
    public void Other_directories_with_a_manifest_are_no_backups()
    {
        Directory.CreateDirectory(_store["web"]);
        File.WriteAllText(Path.Join(_store["web"], "manifest.json"), """{"name":"app","version":"1.2","icons":[]}""");
        _store.AddDirectory(files: ["seeds/1.json", "manifest.json"]);
        StoredSnapshot own = Assert.Single(_store.Store.List());
        File.WriteAllText(Path.Join(own.SnapshotPath, "manifest.json"), OxiosText());

        Assert.Equal(own.Manifest.Id, Assert.Single(_store.Store.List()).Manifest.Id);
        File.Move(own.ManifestPath, _store[".partial-" + Path.GetFileName(own.ManifestPath)]);
        Assert.Empty(_store.Store.List());
    }

    private static string OxiosText() => """
        {"version": 1, "created_at": "2025-01-01T00:00:00Z", "oxios_version": "0.1.0",
         "sections": [{"name": "seeds", "entry_count": 1}, {"name": "memory/facts", "entry_count": 2}]}
        """;

    private void WriteOxios(string name, string part = "", string replacement = "")
    {
        foreach (string file in (string[])["seeds/1.json", "memory/facts/1.json", "memory/facts/manifest.json", "memory.txt"])
        {
            string path = Path.Join(_store[name], file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file);
        }

        string text = part.Length == 0 ? OxiosText() : OxiosText().Replace(part, replacement, StringComparison.Ordinal);
        File.WriteAllText(Path.Join(_store[name], "manifest.json"), text);
    }

    private StoredSnapshot AddOwn(string host, int day) => _store.AddDatabase(
        "ai-memory",
        new DateTime(2026, 1, day, 0, 0, 0, DateTimeKind.Utc),
        manifest => manifest with { Source = "/home/u/memory.db", SourceDb = "/home/u/memory.db", Host = host });

    private string WriteAiMemory(string part = "", string replacement = "")
    {
        byte[] content = "a database"u8.ToArray();
        string hash = Convert.ToHexStringLower(SHA256.HashData(content));
        string text = $$"""
            {
              "snapshot": "ai-memory-2026-01-02T030405Z.db",
              "sha256": "{{hash}}",
              "bytes": 10,
              "source_db": "/home/u/memory.db",
              "version": "0.5.4",
              "created_at": "2026-01-02T03:04:05.123456789+00:00"
            }
            """;
        File.WriteAllBytes(_store["ai-memory-2026-01-02T030405Z.db"], content);
        File.WriteAllText(
            _store["ai-memory-2026-01-02T030405Z.manifest.json"],
            part.Length == 0 ? text : text.Replace(part, replacement, StringComparison.Ordinal));
        return hash;
    }
}
