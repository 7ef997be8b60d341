using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>Whether a snapshot may be restored at all.</summary>
internal static class SnapshotAcceptance
{
    /// <summary>Refuses what cannot or must not be restored, and warns of what is not as it should be.</summary>
    /// <exception cref="BackupException">It is not restored.</exception>
    public static void Check(ISnapshotReader reader, RestoreRequest request, Action<string> warn)
    {
        StoredSnapshot snapshot = reader.Snapshot;
        if (request.ExpectedId is { } expected && expected != snapshot.Manifest.Id)
        {
            throw new BackupException(
                ErrorId.SnapshotDamaged,
                $"The manifest '{snapshot.ManifestPath}' has the id '{snapshot.Manifest.Id}', not '{expected}': it is another snapshot " +
                "than the one that was seen before. Nothing was changed.",
                snapshot.ManifestPath);
        }

        string? fault = reader.FindFault();
        if (snapshot.State == SnapshotState.Damaged)
        {
            CheckDamaged(snapshot, fault is null, request, warn);
        }

        if (fault is not null)
        {
            throw RestoreErrors.Damaged(snapshot, fault);
        }

        if (snapshot.State == SnapshotState.Incomplete)
        {
            warn($"The snapshot '{snapshot.SnapshotPath}' is incomplete: {snapshot.Manifest.Errors.Count} problem(s) were met when it was taken, which its manifest lists.");
        }

        if (snapshot.Manifest.Check is { Result: CheckResult.Corrupt } check)
        {
            warn($"The snapshot '{snapshot.SnapshotPath}' holds a database that was corrupt when it was taken: {check.Detail}");
        }

        if (snapshot.Manifest.Origin == ManifestOrigin.Oxios)
        {
            warn($"'{snapshot.SnapshotPath}' is a backup by Oxios, which has no hashes: it is restored without verification.");
        }
        else if (request.SkipVerify && snapshot.State != SnapshotState.Damaged)
        {
            warn($"The snapshot '{snapshot.SnapshotPath}' is restored although its data may not be what was saved: verification is skipped.");
        }
    }

    private static void CheckDamaged(StoredSnapshot snapshot, bool hasPayload, RestoreRequest request, Action<string> warn)
    {
        string path = snapshot.ManifestPath.Length > 0 ? snapshot.ManifestPath : snapshot.SnapshotPath;
        if (!request.SkipVerify || !hasPayload || snapshot.DamageId is ErrorId.FormatNotSupported or ErrorId.NothingToRestore)
        {
            string advice = hasPayload && !request.SkipVerify && snapshot.DamageId == ErrorId.SnapshotDamaged
                ? " or skip the verification if there is nothing better"
                : string.Empty;
            throw new BackupException(
                snapshot.DamageId,
                $"The snapshot '{path}' cannot be restored: {snapshot.Damage}. Nothing was changed. Use another snapshot{advice}.",
                path);
        }

        warn($"The snapshot '{path}' is damaged ({snapshot.Damage}); its payload is restored without verification.");
    }
}
