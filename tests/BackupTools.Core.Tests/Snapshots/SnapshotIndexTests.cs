using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Stores;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Snapshots;

/// <summary>Stores with more snapshots than are held in memory.</summary>
public sealed class SnapshotIndexTests : IDisposable
{
    private const int More = 40;

    private static readonly DateTime s_first = TestStore.Start.AddYears(-1);

    private readonly TestStore _store = new();
    private readonly WarningLog _log = new();

    public SnapshotIndexTests()
    {
        byte[] content = "content"u8.ToArray();
        for (int i = 0; i < SnapshotIndex.HeldSnapshots + More; i++)
        {
            DateTime time = s_first.AddHours(i);
            SnapshotStem stem = SnapshotStem.Create(i % 2 == 0 ? "even" : "odd", time, 1);
            string payload = stem.Payload(SnapshotKind.Sqlite);
            File.WriteAllBytes(_store[payload], content);
            Write(TestStore.DatabaseManifest(payload, stem.Name, time, content), stem.Manifest);
        }
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public void All_are_listed_whole_and_oldest_first()
    {
        StoredSnapshot[] listed = [.. List()];
        Assert.Equal(
            _store.Store.List().Select(static snapshot => ManifestFile.Serialize(snapshot.Manifest)),
            listed.Select(static snapshot => ManifestFile.Serialize(snapshot.Manifest)));
        Assert.Equal(SnapshotIndex.HeldSnapshots + More, listed.Length);
        Assert.Equal(listed.OrderBy(static snapshot => snapshot.Manifest.CreatedAt), listed);
        Assert.Equal(["even", "odd"], List(latest: 1).Select(static snapshot => snapshot.Manifest.Name));
        Assert.Empty(_log.Warnings);
    }

    [Fact]
    public void Those_that_are_removed_while_others_are_listed_are_left_out()
    {
        string[] all = [.. List().Select(static snapshot => snapshot.ManifestPath)];
        List<string> seen = [];
        foreach (StoredSnapshot snapshot in List())
        {
            if (seen.Count == 0)
            {
                // All but the one that was handed out already.
                Assert.All(all.Except([snapshot.ManifestPath]), File.Delete);
            }

            seen.Add(snapshot.ManifestPath);
        }

        // Held ones come as they were read, and the first, which may be one that is not held, was there.
        Assert.InRange(seen.Count, SnapshotIndex.HeldSnapshots, SnapshotIndex.HeldSnapshots + 1);
        Assert.Equal(seen, all.Where(seen.Contains));
        Assert.Empty(_log.Warnings);
    }

    [Fact]
    public void A_manifest_that_changes_while_others_are_listed_is_told_and_taken_as_it_is()
    {
        using IEnumerator<StoredSnapshot> listed = List().GetEnumerator();
        Assert.True(listed.MoveNext());
        foreach (string path in Directory.GetFiles(_store.Path, "*" + SnapshotStem.ManifestSuffix))
        {
            SnapshotManifest manifest = _store.Store.Find(Path.GetFileName(path))!.Manifest;
            Write(manifest with { Id = Guid.CreateVersion7().ToString(), Comment = "another" }, Path.GetFileName(path));
        }

        int changed = 0;
        do
        {
            changed += listed.Current.Manifest.Comment == "another" ? 1 : 0;
        }
        while (listed.MoveNext());

        // The first one was read before.
        Assert.InRange(changed, More - 1, More);
        Assert.Equal(changed, _log.Warnings.Count);
    }

    [Fact]
    public void One_of_many_is_chosen_by_its_time_and_verified_with_the_others()
    {
        using LocatedSnapshots located = SnapshotLocator.Open(_store.Path);
        foreach (int i in (int[])[0, 7, SnapshotIndex.HeldSnapshots + More - 1])
        {
            DateTime time = s_first.AddHours(i);
            SnapshotFilter filter = new() { Name = i % 2 == 0 ? "even" : "odd" };
            Assert.Equal(
                time,
                SnapshotSelection.ForRestore(located, filter, time.AddMinutes(1), new ProgressTracker(_log)).Manifest.CreatedAt,
                TimeSpan.FromMilliseconds(1));
        }

        VerifyRequest request = new() { Snapshot = _store.Path, Level = VerifyLevel.Hash };
        VerifyResult[] results = [.. SnapshotVerifier.Verify(request, _log, CancellationToken.None)];
        Assert.Equal(SnapshotIndex.HeldSnapshots + More, results.Count(static result => result.Result == VerifyOutcome.Ok));
    }

    private IEnumerable<StoredSnapshot> List(int? latest = null) =>
        SnapshotLister.Enumerate(new ListRequest { Path = _store.Path, Latest = latest }, _log, CancellationToken.None);

    private void Write(SnapshotManifest manifest, string name) =>
        File.WriteAllBytes(_store[name], ManifestFile.Serialize(manifest));
}
