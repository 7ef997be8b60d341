using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>The snapshots of a store, and what else lies there.</summary>
internal sealed class StoreState
{
    private const string LockFile = ".backuptools.lock";

    private readonly string _store;
    private readonly bool _isRepository;

    private StoreState(string store, bool isRepository, IReadOnlyList<StoredSnapshot> snapshots, IReadOnlyList<string> names)
    {
        _store = store;
        _isRepository = isRepository;
        Snapshots = snapshots;
        Names = names;
    }

    public IReadOnlyList<StoredSnapshot> Snapshots { get; }

    /// <summary>Everything that lies in a folder store, but for the lock file; of a repository what a run leaves that dies.</summary>
    public IReadOnlyList<string> Names { get; }

    public IReadOnlySet<string> Ids => Snapshots.Select(static snapshot => snapshot.Manifest.Id).ToHashSet();

    /// <summary>What of a run that has not ended, or that died, lies there.</summary>
    public IEnumerable<string> Partial => Names.Where(name => _isRepository || name.StartsWith(".partial-", StringComparison.Ordinal));

    /// <summary>Reads a store; where there is none yet it has nothing.</summary>
    public static StoreState Read(string store)
    {
        if (!Directory.Exists(store))
        {
            return new StoreState(store, isRepository: false, [], []);
        }

        // Before it is listed: a listing may lock, and clean up.
        bool isRepository = RepositoryState.Is(store);
        IEnumerable<string> names = isRepository
            ? RepositoryState.Leftovers(store)
            : Directory.EnumerateFileSystemEntries(store).Select(static path => Path.GetFileName(path)!).Where(static name => name != LockFile);
        string[] ordered = [.. names.Order(StringComparer.Ordinal)];
        return new StoreState(
            store, isRepository, SnapshotLister.List(new ListRequest { Path = store }, Silence.Instance, CancellationToken.None), ordered);
    }

    /// <summary>Fails unless every listed snapshot is whole and proves it.</summary>
    public void AssertSound(VerifyLevel level = VerifyLevel.Hash, bool mayBeIncomplete = false)
    {
        foreach (StoredSnapshot snapshot in Snapshots)
        {
            bool isWhole = snapshot.State == SnapshotState.Complete || (mayBeIncomplete && snapshot.State == SnapshotState.Incomplete);
            Assert.True(isWhole, $"{snapshot.SnapshotPath} is {snapshot.State}: {snapshot.Damage}");
        }

        if (Snapshots.Count > 0)
        {
            VerifyResult[] results =
            [
                .. SnapshotVerifier.Verify(new VerifyRequest { Snapshot = _store, Level = level }, Silence.Instance, CancellationToken.None),
            ];
            Assert.Equal(Snapshots.Count, results.Length);
            Assert.All(results, static result => Assert.True(
                result.Result == VerifyOutcome.Ok, $"{result.Snapshot} is {result.Result}: {string.Join("; ", result.Problems)}"));
        }

        if (_isRepository)
        {
            RepositoryState.AssertSound(_store);
        }
    }

    /// <summary>Fails unless everything that lies there belongs to a listed snapshot.</summary>
    public void AssertTidy()
    {
        if (_isRepository)
        {
            RepositoryState.AssertCleaned(_store);
            return;
        }

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
}
