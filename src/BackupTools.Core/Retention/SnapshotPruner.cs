using System.Globalization;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Retention;

/// <summary>What a retention policy means for a store, before anything is removed.</summary>
/// <param name="Request">The request that the plan was made for.</param>
/// <param name="Decisions">What stays and what goes, oldest first, with reasons.</param>
public sealed record PrunePlan(PruneRequest Request, IReadOnlyList<RetentionDecision> Decisions)
{
    /// <summary>
    /// Whether there is something to do even where nothing is removed: a repository gives back the room of what was removed
    /// before.
    /// </summary>
    public bool Reclaims { get; init; }
}

/// <summary>Removes snapshots that a retention policy does not keep.</summary>
public static class SnapshotPruner
{
    /// <summary>Decides what stays and what goes. Reads only, and takes no lock.</summary>
    /// <param name="request">The store and the policy.</param>
    /// <param name="observer">Hears of the run.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="BackupException">The policy is empty, or there is no store.</exception>
    public static PrunePlan Plan(PruneRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        Check(request);
        cancellation.ThrowIfCancellationRequested();
        using ISnapshotStore store = SnapshotStores.OpenExisting(request.Store, request.Credential, cancellation);
        return new PrunePlan(request, Decide(store, request)) { Reclaims = store.KeepsRoom };
    }

    /// <summary>
    /// Locks the store, decides again, and removes what both the plan and the new decision remove: what came in between
    /// can only make more stay.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="observer">Hears of the run.</param>
    /// <param name="cancellation">Ends it; what was removed until then is gone.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="BackupException">The store is locked, or something could not be removed.</exception>
    public static IReadOnlyList<RetentionDecision> Run(PrunePlan plan, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(observer);
        Check(plan.Request);
        ProgressTracker tracker = new(observer);
        using ISnapshotStore store = SnapshotStores.OpenExisting(plan.Request.Store, plan.Request.Credential, cancellation);
        using IStoreLock held = store.Lock(StoreUse.Remove, plan.Request.LockTimeout, cancellation);
        HashSet<(string Path, string Id)> planned =
            [.. plan.Decisions.Where(decision => decision.Action == RetentionAction.Remove).Select(decision => Identity(decision.Snapshot))];

        List<RetentionDecision> decisions = Decide(store, plan.Request).ConvertAll(decision =>
            decision.Action == RetentionAction.Remove && !planned.Contains(Identity(decision.Snapshot))
                ? decision with { Action = RetentionAction.Keep, Reasons = ["the plan did not remove it"] }
                : decision);
        RemoveAll(store, decisions, tracker, cancellation);
        store.Reclaim(tracker, cancellation);
        return decisions;
    }

    private static void RemoveAll(
        ISnapshotStore store, List<RetentionDecision> decisions, ProgressTracker tracker, CancellationToken cancellation)
    {
        List<StoredSnapshot> going =
            [.. decisions.Where(decision => decision.Action == RetentionAction.Remove).Select(decision => decision.Snapshot)];
        tracker.Begin("Removing");
        List<BackupException> failures = [];
        foreach (StoredSnapshot snapshot in going)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                store.Remove(snapshot);
                tracker.Verbose("Removed: no rule of the retention policy keeps it.", snapshot.SnapshotPath);
            }
            catch (BackupException e) when (e.Id == ErrorId.SnapshotNotFound)
            {
                tracker.Verbose("It was gone already.", snapshot.SnapshotPath);
            }
            catch (BackupException e)
            {
                failures.Add(e);
            }

            tracker.Add(snapshot.Manifest.Snapshot, snapshot.Manifest.Bytes ?? 0, 1);
        }

        if (failures.Count > 0)
        {
            throw new BackupException(
                failures[0].Id,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{failures.Count} of {going.Count} snapshots could not be removed; the others are gone. The first: {failures[0].Message}"),
                failures[0].Path,
                failures[0]);
        }
    }

    private static void Check(PruneRequest request)
    {
        RetentionRules.Check(request.Policy);
        if (request.Filter.Since is not null || request.Filter.Before is not null || request.Filter.Tags.Count > 0)
        {
            throw new BackupException(
                ErrorId.InvalidArgument,
                "Retention decides on whole series: a time or a tag cannot choose among their snapshots. Nothing was removed.");
        }
    }

    private static List<RetentionDecision> Decide(ISnapshotStore store, PruneRequest request) => RetentionRules.Decide(
        [.. store.List().Where(snapshot => SnapshotSelection.Matches(request.Filter, snapshot.Manifest))],
        request.Policy,
        DateTime.UtcNow);

    private static (string Path, string Id) Identity(StoredSnapshot snapshot) => (snapshot.ManifestPath, snapshot.Manifest.Id);
}
