using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>Restores snapshots: verified first, staged beside the target, and with what stood there kept.</summary>
public static class SnapshotRestorer
{
    /// <summary>Finds out what a restore would do; nothing is written, no lock taken.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Hears of risks.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The plan, to show and to run.</returns>
    /// <exception cref="BackupException">It could not be done.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static RestorePlan Plan(RestoreRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        ProgressTracker tracker = new(observer);
        List<string> warnings = [];
        void Warn(string text)
        {
            warnings.Add(text);
            tracker.Warn(text);
        }

        return RestoreErrors.Translate(request.Target, () =>
        {
            using LocatedSnapshots located = SnapshotLocator.Open(request.Snapshot, request.Credential, cancellation);
            StoredSnapshot snapshot = SnapshotSelection.ForRestore(located, request.Filter, request.AsOf, tracker);
            RestorePreparation preparation = RestorePreparation.Create(located.Store, snapshot, request, Warn, cancellation);
            return preparation.ToPlan(request) with { Warnings = warnings };
        });
    }

    /// <summary>Carries a plan out, after a look whether it still holds.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="observer">Hears of progress and risks.</param>
    /// <param name="cancellation">Stops it; then the target is as it was.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="BackupException">Nothing was changed, unless the message says otherwise.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was changed.</exception>
    public static RestoreResult Run(RestorePlan plan, IRunObserver observer, CancellationToken cancellation) =>
        Run(plan, observer, static _ => { }, cancellation);

    /// <summary>The same, telling each step whose interruption leaves something to be put right.</summary>
    internal static RestoreResult Run(
        RestorePlan plan, IRunObserver observer, Action<string> reached, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(observer);
        return RestoreErrors.Translate(
            plan.Target, () => new RestoreRun(plan, new ProgressTracker(observer), reached, cancellation).Execute());
    }
}
