using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Verification;

/// <summary>Tells whether snapshots are what they were when they were taken, and can be restored.</summary>
public static class SnapshotVerifier
{
    /// <summary>Verifies a snapshot, or each one of a store, oldest first.</summary>
    /// <param name="request">What to verify, and how thoroughly.</param>
    /// <param name="observer">Hears of progress.</param>
    /// <param name="cancellation">Stops it; a scratch place is removed.</param>
    /// <returns>A result for each snapshot, made when it is asked for; the store is not locked between.</returns>
    /// <exception cref="BackupException">It could not be carried out: nothing there, no room to rehearse.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IEnumerable<VerifyResult> Verify(
        VerifyRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        return VerifyEach(request, new ProgressTracker(observer), cancellation);
    }

    private static IEnumerable<VerifyResult> VerifyEach(
        VerifyRequest request, ProgressTracker tracker, CancellationToken cancellation)
    {
        using LocatedSnapshots located = SnapshotLocator.Open(request.Snapshot, request.Credential);
        IReadOnlyList<StoredSnapshot> snapshots = located.Named is { } named ? [named] : located.Store.List();
        if (snapshots.Count == 0)
        {
            throw new BackupException(
                ErrorId.SnapshotNotFound,
                $"The store '{located.Store.Path}' holds no snapshots, so there is nothing to verify. Check the path.",
                located.Store.Path);
        }

        CheckExpected(request, snapshots);
        IReadOnlyList<string> shared = Examine(located.Store, snapshots, request, tracker, cancellation);
        if (shared.Count > 0 && located.Named is null)
        {
            // Which snapshots that harms, their own results tell.
            Findings store = new();
            store.FailAll(shared);
            yield return store.ToResult(located.Store.Path, request.Level);
        }

        foreach (StoredSnapshot snapshot in snapshots)
        {
            cancellation.ThrowIfCancellationRequested();
            if (VerifyOne(located.Store, snapshot, located.Named is null ? [] : shared, request, tracker, cancellation) is { } result)
            {
                yield return result;
            }
        }
    }

    private static VerifyResult? VerifyOne(
        ISnapshotStore store,
        StoredSnapshot snapshot,
        IReadOnlyList<string> shared,
        VerifyRequest request,
        ProgressTracker tracker,
        CancellationToken cancellation)
    {
        using IStoreLock storeLock = store.Lock(StoreUse.Read, NewSnapshotRequest.DefaultLockTimeout, cancellation);
        if (!store.Exists(snapshot))
        {
            tracker.Verbose($"'{snapshot.SnapshotPath}' was removed meanwhile.", snapshot.SnapshotPath);
            return null;
        }

        Findings findings = new();
        try
        {
            new SnapshotVerification(store, snapshot, request, findings, tracker, cancellation).Run();
        }
        catch (BackupException e) when (e.Id is ErrorId.SnapshotDamaged or ErrorId.VerificationFailed or ErrorId.InputOutput)
        {
            findings.Fail(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Fail(e.Message);
        }

        if (findings.HasFailed)
        {
            // The files to blame.
            findings.FailAll(shared);
        }

        return findings.ToResult(snapshot.SnapshotPath, request.Level);
    }

    private static IReadOnlyList<string> Examine(
        ISnapshotStore store,
        IReadOnlyList<StoredSnapshot> snapshots,
        VerifyRequest request,
        ProgressTracker tracker,
        CancellationToken cancellation)
    {
        using IStoreLock storeLock = store.Lock(StoreUse.Read, NewSnapshotRequest.DefaultLockTimeout, cancellation);
        return store.Examine(snapshots, request.Level == VerifyLevel.Hash, tracker, cancellation);
    }

    private static void CheckExpected(VerifyRequest request, IReadOnlyList<StoredSnapshot> snapshots)
    {
        foreach (StoredSnapshot snapshot in snapshots)
        {
            if (request.ExpectedId is { } expected && expected != snapshot.Manifest.Id)
            {
                throw new BackupException(
                    ErrorId.SnapshotDamaged,
                    $"The manifest '{snapshot.ManifestPath}' has the id '{snapshot.Manifest.Id}', not '{expected}': it is another " +
                    "snapshot than the one that was seen before.",
                    snapshot.ManifestPath);
            }
        }
    }
}
