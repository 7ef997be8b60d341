namespace BackupTools.Core.Snapshots;

/// <summary>Lists snapshots. Reads only, and takes no lock.</summary>
public static class SnapshotLister
{
    /// <summary>Lists the snapshots of a store, or the one that a payload or manifest stands for; damaged ones too.</summary>
    /// <param name="request">What to list.</param>
    /// <param name="observer">Hears of the run.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The snapshots, oldest first.</returns>
    /// <exception cref="BackupException">There is no store or snapshot.</exception>
    public static IReadOnlyList<StoredSnapshot> List(ListRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        if (request.Latest is < 1)
        {
            throw new BackupException(ErrorId.InvalidArgument, "The number of newest snapshots to list must be 1 or more.");
        }

        cancellation.ThrowIfCancellationRequested();
        using LocatedSnapshots located = SnapshotLocator.Open(request.Path, request.Credential, cancellation);
        IReadOnlyList<StoredSnapshot> all = located.Named switch
        {
            null => located.Store.List(),

            // A directory with other things in it is a store without snapshots.
            { ManifestPath: "", Manifest.Kind: SnapshotKind.Directory } => [],
            { } named => [named],
        };
        cancellation.ThrowIfCancellationRequested();
        List<StoredSnapshot> fitting = new(all.Count);
        foreach (StoredSnapshot snapshot in all)
        {
            if (SnapshotSelection.Matches(request.Filter, snapshot.Manifest))
            {
                fitting.Add(snapshot);
            }
        }

        return request.Latest is { } latest ? NewestOfEach(fitting, latest) : fitting;
    }

    private static List<StoredSnapshot> NewestOfEach(List<StoredSnapshot> snapshots, int count)
    {
        Dictionary<SnapshotSeries, int> seen = [];
        List<StoredSnapshot> newest = [];
        for (int i = snapshots.Count - 1; i >= 0; i--)
        {
            SnapshotSeries series = snapshots[i].Manifest.Series;
            int before = seen.GetValueOrDefault(series);
            seen[series] = before + 1;
            if (before < count)
            {
                newest.Add(snapshots[i]);
            }
        }

        newest.Reverse();
        return newest;
    }
}
