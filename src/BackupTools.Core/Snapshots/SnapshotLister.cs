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
    public static IReadOnlyList<StoredSnapshot> List(ListRequest request, IRunObserver observer, CancellationToken cancellation) =>
        [.. Enumerate(request, observer, cancellation)];

    /// <summary>
    /// The same one by one, so that memory does not grow with what their manifests hold. Those that are removed meanwhile are
    /// not among them.
    /// </summary>
    /// <param name="request">What to list.</param>
    /// <param name="observer">Hears of manifests that changed meanwhile.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The snapshots, oldest first, each read when it is asked for.</returns>
    /// <exception cref="BackupException">There is no store or snapshot.</exception>
    public static IEnumerable<StoredSnapshot> Enumerate(
        ListRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        if (request.Latest is < 1)
        {
            throw new BackupException(ErrorId.InvalidArgument, "The number of newest snapshots to list must be 1 or more.");
        }

        return ReadEach(request, new ProgressTracker(observer), cancellation);
    }

    private static IEnumerable<StoredSnapshot> ReadEach(
        ListRequest request, ProgressTracker tracker, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using LocatedSnapshots located = SnapshotLocator.Open(request.Path, request.Credential, cancellation);
        bool IsWanted(SnapshotManifest manifest) => SnapshotSelection.Matches(request.Filter, manifest);
        SnapshotIndex index = located.Named switch
        {
            null => located.Store.Index(IsWanted),

            // A directory with other things in it is a store without snapshots.
            { ManifestPath: "", Manifest.Kind: SnapshotKind.Directory } => SnapshotIndex.Of([]),
            { } named => SnapshotIndex.Of(IsWanted(named.Manifest) ? [named] : []),
        };
        foreach (StoredSnapshot snapshot in (request.Latest is { } latest ? index.NewestOfEach(latest) : index).ReadAll(tracker))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return snapshot;
        }
    }
}
