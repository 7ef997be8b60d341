using BackupTools.Core.Durability;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Tests.Stores;

/// <summary>What a run that died leaves at each step, made by hand, and what the next run does about it.</summary>
public sealed class FolderCleaningTests : IDisposable
{
    private const string Stem = "state-2026-11-21T034218Z";
    private const string Manifest = Stem + ".manifest.json";
    private const string Partial = ".partial-" + Manifest;
    private const string Listing = Stem + ".files.jsonl";

    private readonly TestStore _store = new();

    private static string Own(string part) => $".partial-{PartialName.ThisHost}-0123456789ab-{part}";

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData("payload written")]
    [InlineData("manifest half written")]
    [InlineData("manifest written")]
    [InlineData("payload named")]
    [InlineData("listing named")]
    [InlineData("removing: payload half gone")]
    [InlineData("removing: listing gone")]
    public void A_run_that_died_leaves_nothing_after_the_next_one(string stage)
    {
        StoredSnapshot kept = _store.AddDatabase(createdAt: TestStore.Start.AddDays(-1));
        _store.AddDirectory();
        File.Move(_store[Manifest], _store[Partial]);
        Directory.CreateDirectory(_store[Own("scratch")]);
        File.WriteAllText(Path.Join(_store[Own("scratch")], "copy"), "x");
        switch (stage)
        {
            case "payload written":
                File.Delete(_store[Partial]);
                Directory.Move(_store[Stem], _store[Own("payload")]);
                File.Move(_store[Listing], _store[Own("listing")]);
                break;
            case "manifest half written":
                string text = File.ReadAllText(_store[Partial]);
                File.Delete(_store[Partial]);
                File.WriteAllText(_store[Own("manifest")], text[..(text.Length / 2)]);
                Directory.Move(_store[Stem], _store[Own("payload")]);
                File.Move(_store[Listing], _store[Own("listing")]);
                break;
            case "manifest written":
                Directory.Move(_store[Stem], _store[Own("payload")]);
                File.Move(_store[Listing], _store[Own("listing")]);
                break;
            case "payload named":
                File.Move(_store[Listing], _store[Own("listing")]);
                break;
            case "removing: payload half gone":
                Directory.Delete(Path.Join(_store[Stem], "a"), recursive: true);
                break;
            case "removing: listing gone":
                File.Delete(_store[Listing]);
                break;
        }

        Assert.Equal([kept.Manifest.Id], _store.Store.List().Select(snapshot => snapshot.Manifest.Id));
        _store.Lock().Dispose();

        Assert.Equal([kept.Manifest.Snapshot, Path.GetFileName(kept.ManifestPath)], _store.Names);
        _store.AddDirectory();
        Assert.Equal([SnapshotState.Complete, SnapshotState.Complete], _store.Store.List().Select(snapshot => snapshot.State));
    }

    [Fact]
    public void A_database_that_a_dead_run_named_goes_too()
    {
        _store.AddDatabase();
        File.Move(_store["app-2026-11-21T034218Z.manifest.json"], _store[".partial-app-2026-11-21T034218Z.manifest.json"]);

        _store.Lock().Dispose();

        Assert.Empty(_store.Names);
    }

    [Fact]
    public void What_is_published_is_never_taken_for_a_leaving()
    {
        _store.AddDirectory();
        File.Copy(_store[Manifest], _store[Partial]);

        _store.Lock().Dispose();

        Assert.Equal([Stem, Listing, Manifest], _store.Names);
        Assert.Equal(SnapshotState.Complete, Assert.Single(_store.Store.List()).State);
    }

    [Theory]
    [InlineData("\"../victim\"")]
    [InlineData("\"victim-2026-11-21T034218Z\"")]
    [InlineData("\"/etc\"")]
    [InlineData("17")]
    public void A_forged_partial_manifest_deletes_at_most_its_own_names(string snapshot)
    {
        _store.AddDirectory();
        _store.AddDirectory(name: "victim");
        string victim = Path.Join(Path.GetDirectoryName(_store.Path)!, "victim");
        Directory.CreateDirectory(victim);
        string text = File.ReadAllText(_store[Manifest])
            .Replace($"\"{Stem}\"", snapshot, StringComparison.Ordinal)
            .Replace($"\"{Listing}\"", "\"victim-2026-11-21T034218Z.files.jsonl\"", StringComparison.Ordinal);
        File.Delete(_store[Manifest]);
        File.WriteAllText(_store[Partial], text);
        File.SetLastWriteTimeUtc(_store[Partial], DateTime.UtcNow.AddDays(-8));

        _store.Lock().Dispose();

        Assert.True(Directory.Exists(victim));
        Assert.Equal(
            ["victim-2026-11-21T034218Z", "victim-2026-11-21T034218Z.files.jsonl", "victim-2026-11-21T034218Z.manifest.json"],
            _store.Names);
    }

    [Theory]
    [InlineData(".partial-photos.manifest.json")]
    [InlineData(".partial-.manifest.json")]
    [InlineData(".partial-mine")]
    [InlineData(".partial-host-run-payload")]
    [InlineData(".partial-photos-2026-13-41T034218Z.manifest.json")]
    public void Names_that_no_run_gives_stay(string name)
    {
        File.WriteAllText(_store[name], "{}");
        File.SetLastWriteTimeUtc(_store[name], DateTime.UtcNow.AddDays(-100));
        Directory.CreateDirectory(_store["photos"]);
        Directory.CreateDirectory(_store["photos-2026-13-41T034218Z"]);

        _store.Lock().Dispose();

        Assert.Equal(3, _store.Names.Length);
    }

    [Theory]
    [InlineData(-6, true)]
    [InlineData(-8, false)]
    [InlineData(20, true)]
    public void Another_hosts_leavings_wait_for_a_week(int days, bool stays)
    {
        _store.AddDirectory(change: manifest => manifest with { Host = "another-host" });
        File.Move(_store[Manifest], _store[Partial]);
        File.WriteAllText(_store[".partial-another_host-0123456789ab-payload"], "x");
        foreach (string name in (string[])[Partial, ".partial-another_host-0123456789ab-payload"])
        {
            File.SetLastWriteTimeUtc(_store[name], DateTime.UtcNow.AddDays(days));
        }

        _store.Lock().Dispose();

        Assert.Equal(stays ? 4 : 0, _store.Names.Length);
    }

    [SkippableFact]
    public void Links_are_removed_and_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        using TemporaryDirectory elsewhere = new();
        File.WriteAllText(elsewhere["kept"], "x");
        _store.AddDirectory();
        File.Move(_store[Manifest], _store[Partial]);
        Directory.Delete(_store[Stem], recursive: true);
        File.CreateSymbolicLink(_store[Stem], elsewhere.Path);
        File.CreateSymbolicLink(_store[Own("payload")], elsewhere.Path);
        Directory.CreateDirectory(_store[Own("scratch")]);
        File.CreateSymbolicLink(Path.Join(_store[Own("scratch")], "link"), elsewhere.Path);

        _store.Lock().Dispose();

        Assert.Empty(_store.Names);
        Assert.Equal("x", File.ReadAllText(elsewhere["kept"]));
    }

    [Fact]
    public void A_reader_cleans_nothing()
    {
        _store.AddDatabase();
        File.WriteAllText(_store[Own("payload")], "x");

        _store.Store.Lock(LockMode.Shared, TimeSpan.Zero, default).Dispose();
        _ = _store.Store.List();

        Assert.Contains(Own("payload"), _store.Names);
    }

    [Theory]
    [InlineData("web-1.example", "web_1.example")]
    [InlineData("Büro/PC", "b_ro_pc")]
    [InlineData("", "unknown")]
    public void A_hosts_name_holds_no_dash_in_names(string host, string expected) =>
        Assert.Equal(expected, PartialName.Sanitize(host));
}
