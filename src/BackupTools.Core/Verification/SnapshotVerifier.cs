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
        using LocatedSnapshots located = SnapshotLocator.Open(request.Snapshot, request.Credential, cancellation);
        Examined examined = Examine(located, request, tracker, cancellation);
        (SnapshotIndex snapshots, StoreExamination examination, IReadOnlyList<Findings?> found) = examined;
        if (examination.OfStore.Count > 0 && located.Named is null)
        {
            // Which snapshots that harms, their own results tell.
            Findings store = new();
            store.FailAll(examination.OfStore);
            yield return store.ToResult(located.Store.Path, request.Level);
        }

        for (int i = 0; i < snapshots.Entries.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (snapshots.Read(snapshots.Entries[i], tracker) is not { } snapshot)
            {
                continue;
            }

            if ((i < found.Count ? found[i] : VerifyAlone(located.Store, snapshot, examination, request, tracker, cancellation))
                is not { } findings)
            {
                continue;
            }

            if (findings.HasFailed && located.Named is not null)
            {
                // The files to blame.
                findings.FailAll(examination.OfStore);
            }

            yield return findings.ToResult(snapshot.SnapshotPath, request.Level);
        }
    }

    private static Findings? VerifyAlone(
        ISnapshotStore store,
        StoredSnapshot snapshot,
        StoreExamination examination,
        VerifyRequest request,
        ProgressTracker tracker,
        CancellationToken cancellation)
    {
        using IStoreLock storeLock = store.Lock(StoreUse.Read, request.LockTimeout, cancellation);
        Findings? findings = VerifyOne(store, snapshot, examination.Of(snapshot), request, tracker, cancellation);
        storeLock.Confirm(cancellation);
        return findings;
    }

    private static Findings? VerifyOne(
        ISnapshotStore store,
        StoredSnapshot snapshot,
        IReadOnlyList<string> damages,
        VerifyRequest request,
        ProgressTracker tracker,
        CancellationToken cancellation)
    {
        if (!store.Exists(snapshot))
        {
            tracker.Verbose($"'{snapshot.SnapshotPath}' was removed meanwhile.", snapshot.SnapshotPath);
            return null;
        }

        Findings findings = new();
        try
        {
            new SnapshotVerification(store, snapshot, damages, request, findings, tracker, cancellation).Run();
        }
        catch (BackupException e) when (e.Id is ErrorId.SnapshotDamaged or ErrorId.VerificationFailed or ErrorId.InputOutput)
        {
            findings.Fail(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Fail(e.Message);
        }

        return findings;
    }

    // Of a whole store, the snapshots are listed under the lock: what is added later is not looked for, nor missed. Each is
    // verified under the same lock where that takes no time any more.
    private static Examined Examine(
        LocatedSnapshots located, VerifyRequest request, ProgressTracker tracker, CancellationToken cancellation)
    {
        ISnapshotStore store = located.Store;
        StoreUse use = located.Named is null ? StoreUse.Check : StoreUse.Read;
        using IStoreLock storeLock = store.Lock(use, request.LockTimeout, cancellation);
        SnapshotIndex snapshots = located.Named is { } named ? SnapshotIndex.Of([named]) : store.Index(static _ => true);
        if (snapshots.Entries.Count == 0)
        {
            throw new BackupException(
                ErrorId.SnapshotNotFound,
                $"The store '{store.Path}' holds no snapshots, so there is nothing to verify. Check the path.",
                store.Path);
        }

        CheckExpected(request, store, snapshots);
        StoreExamination examination = store.Examine(snapshots.ReadAll(tracker), request.Level == VerifyLevel.Hash, tracker, cancellation);
        List<Findings?> found = [];
        if (store.IsReadByExamination && request.Level != VerifyLevel.Rehearse)
        {
            foreach (SnapshotEntry entry in snapshots.Entries)
            {
                cancellation.ThrowIfCancellationRequested();
                found.Add(snapshots.Read(entry, tracker) is { } snapshot
                    ? VerifyOne(store, snapshot, examination.Of(snapshot), request, tracker, cancellation)
                    : null);
            }
        }

        storeLock.Confirm(cancellation);
        return new Examined(snapshots, examination, found);
    }

    private static void CheckExpected(VerifyRequest request, ISnapshotStore store, SnapshotIndex snapshots)
    {
        foreach (SnapshotEntry entry in snapshots.Entries)
        {
            if (request.ExpectedId is { } expected && expected != entry.Id)
            {
                string path = entry.Held?.ManifestPath ?? Path.Join(store.Path, entry.File);
                throw new BackupException(
                    ErrorId.SnapshotDamaged,
                    $"The manifest '{path}' has the id '{entry.Id}', not '{expected}': it is another " +
                    "snapshot than the one that was seen before.",
                    path);
            }
        }
    }

    // What was found out under the store's lock; of the snapshots verified there, a result each, or null where it is gone.
    private sealed record Examined(
        SnapshotIndex Snapshots, StoreExamination Examination, IReadOnlyList<Findings?> Found);
}
