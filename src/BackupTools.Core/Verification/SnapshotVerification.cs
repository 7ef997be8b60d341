using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Verification;

/// <summary>The verification of one snapshot, under the store's lock.</summary>
internal sealed class SnapshotVerification(
    ISnapshotStore store,
    StoredSnapshot snapshot,
    IReadOnlyList<string> damages,
    VerifyRequest request,
    Findings findings,
    ProgressTracker tracker,
    CancellationToken cancellation)
{
    private readonly SnapshotManifest _manifest = snapshot.Manifest;

    public void Run()
    {
        findings.FailAll(damages);
        if (snapshot.State == SnapshotState.Damaged)
        {
            findings.Fail(snapshot.Damage ?? "it is damaged");
            return;
        }

        tracker.Begin(request.Level == VerifyLevel.Rehearse ? "Rehearsing" : "Verifying", _manifest.Bytes > 0 ? _manifest.Bytes : null);
        TellRecordedCheck(_manifest.Check, _manifest.Sqlite?.Capture, "the database");
        using ISnapshotReader reader = store.Open(snapshot);
        bool isThere = reader.Verify(
            request.Level == VerifyLevel.Hash,
            findings,
            entry => TellRecordedCheck(entry.Check, entry.Capture, $"'{entry.Path}'"),
            tracker,
            cancellation);
        if (request.Level != VerifyLevel.Rehearse || !isThere || damages.Count > 0)
        {
            return;
        }

        using Rehearsal rehearsal = new(reader, request.Scratch, findings, tracker, cancellation);
        if (_manifest.Kind == SnapshotKind.Sqlite)
        {
            rehearsal.RunDatabase();
        }
        else
        {
            rehearsal.RunDirectory();
        }
    }

    private void TellRecordedCheck(SnapshotCheck? check, CaptureMethod? capture, string what)
    {
        string detail = check?.Detail is { } text ? $": {text}" : string.Empty;
        if (check?.Result == CheckResult.Corrupt)
        {
            findings.Fail($"{what} was corrupt when the snapshot was taken{detail}");
        }
        else if (capture == CaptureMethod.Raw)
        {
            findings.CannotTell($"{what} was copied raw, because SQLite could not read it{detail}");
        }
        else if (check?.Result == CheckResult.Unverifiable)
        {
            findings.CannotTell($"{what} could not be checked when the snapshot was taken{detail}");
        }
    }
}
