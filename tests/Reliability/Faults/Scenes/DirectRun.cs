using BackupTools.Core;
using BackupTools.Core.Restore;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// What the command does, done by the core library within this process: starting one takes ten times as long, and is not
/// the point where no fault strikes. Each fails unless all was done.
/// </summary>
internal static class DirectRun
{
    public static void New(string source, string store, int? keep = null)
    {
        using RepositoryCredential credential = new();
        NewSnapshotRequest request = new() { Source = source, Store = store, Keep = keep, Credential = credential };
        SnapshotManifest made = SnapshotTaker.Take(request, Silence.Instance, CancellationToken.None).Snapshot.Manifest;
        Assert.False(made.Incomplete, "the snapshot is incomplete: " + string.Join("; ", made.Errors));
        Assert.NotEqual(CheckResult.Corrupt, made.Check?.Result);
    }

    public static void Restore(string snapshot, string target, bool overlay = false)
    {
        using RepositoryCredential credential = new();
        RestoreRequest request = new() { Snapshot = snapshot, Target = target, Overlay = overlay, Credential = credential };
        SnapshotRestorer.Run(
            SnapshotRestorer.Plan(request, Silence.Instance, CancellationToken.None), Silence.Instance, CancellationToken.None);
    }

    public static void Prune(string store, int keepLast)
    {
        using RepositoryCredential credential = new();
        PruneRequest request = new() { Store = store, Policy = new RetentionPolicy { Last = keepLast }, Credential = credential };
        SnapshotPruner.Run(SnapshotPruner.Plan(request, Silence.Instance, CancellationToken.None), Silence.Instance, CancellationToken.None);
    }
}

/// <summary>Whoever does not want to hear of it.</summary>
internal sealed class Silence : IRunObserver
{
    public static Silence Instance { get; } = new();

    public void OnProgress(ProgressReport report)
    {
    }

    public void OnNotice(Notice notice)
    {
    }
}
