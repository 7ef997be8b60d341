using BackupTools.Core;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>The snapshots of a folder store, and what else lies there.</summary>
internal sealed class StoreState
{
    private const string LockFile = ".backuptools.lock";

    private StoreState(IReadOnlyList<StoredSnapshot> snapshots, IReadOnlyList<string> names)
    {
        Snapshots = snapshots;
        Names = names;
    }

    public IReadOnlyList<StoredSnapshot> Snapshots { get; }

    /// <summary>Everything that lies in the store, but for the lock file.</summary>
    public IReadOnlyList<string> Names { get; }

    public IReadOnlySet<string> Ids => Snapshots.Select(static snapshot => snapshot.Manifest.Id).ToHashSet();

    /// <summary>What of a run that has not ended, or that died, lies there.</summary>
    public IEnumerable<string> Partial => Names.Where(static name => name.StartsWith(".partial-", StringComparison.Ordinal));

    /// <summary>Reads a store; where there is none yet it has nothing.</summary>
    public static StoreState Read(string store)
    {
        if (!Directory.Exists(store))
        {
            return new StoreState([], []);
        }

        return new StoreState(
            SnapshotLister.List(new ListRequest { Path = store }, new Silence(), CancellationToken.None),
            [
                .. Directory.EnumerateFileSystemEntries(store).Select(static path => Path.GetFileName(path)!)
                    .Where(static name => name != LockFile).Order(StringComparer.Ordinal),
            ]);
    }

    /// <summary>Fails unless every listed snapshot is whole and proves it.</summary>
    public void AssertSound(VerifyLevel level = VerifyLevel.Hash, bool mayBeIncomplete = false)
    {
        foreach (StoredSnapshot snapshot in Snapshots)
        {
            bool isWhole = snapshot.State == SnapshotState.Complete || (mayBeIncomplete && snapshot.State == SnapshotState.Incomplete);
            Assert.True(isWhole, $"{snapshot.SnapshotPath} is {snapshot.State}: {snapshot.Damage}");
            VerifyResult result = Assert.Single(SnapshotVerifier.Verify(
                new VerifyRequest { Snapshot = snapshot.ManifestPath, Level = level }, new Silence(), CancellationToken.None));
            Assert.True(
                result.Result == VerifyOutcome.Ok, $"{snapshot.SnapshotPath} is {result.Result}: {string.Join("; ", result.Problems)}");
        }
    }

    /// <summary>Fails unless everything that lies there belongs to a listed snapshot.</summary>
    public void AssertTidy()
    {
        HashSet<string> owned = [];
        foreach (StoredSnapshot snapshot in Snapshots)
        {
            owned.Add(Path.GetFileName(snapshot.ManifestPath));
            owned.Add(snapshot.Manifest.Snapshot);
            if (snapshot.Manifest.Listing is { } listing)
            {
                owned.Add(listing);
            }
        }

        Assert.Equal(owned.Order(StringComparer.Ordinal), Names);
    }

    private sealed class Silence : IRunObserver
    {
        public void OnProgress(ProgressReport report)
        {
        }

        public void OnNotice(Notice notice)
        {
        }
    }
}
