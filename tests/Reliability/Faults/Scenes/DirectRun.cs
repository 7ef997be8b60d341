using BackupTools.Core;
using BackupTools.Core.Restore;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Verification;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// What the command does, done by the core library within this process: starting one takes ten times as long, and is not
/// the point where no fault strikes. Each fails unless all was done.
/// </summary>
internal static class DirectRun
{
    public static void Init(string path, string password)
    {
        using RepositoryCredential credential = new() { ReadVariable = name => name == RepositoryState.PasswordVariable ? password : null };
        RepositoryInitializer.Create(new InitializeRequest { Path = path, Credential = credential, Options = RepositoryState.Cheap });
    }

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

    public static void Repair(string store)
    {
        using RepositoryCredential credential = new();
        RepairRequest request = new() { Store = store, Credential = credential };
        Assert.Empty(RepositoryRepairer.RebuildIndex(request, Silence.Instance, CancellationToken.None).Problems);
    }

    /// <summary>Whether a snapshot is verified as sound.</summary>
    public static bool Verifies(string snapshot)
    {
        using RepositoryCredential credential = new();
        VerifyRequest request = new() { Snapshot = snapshot, Credential = credential };
        return SnapshotVerifier.Verify(request, Silence.Instance, CancellationToken.None).All(static result => result.Result == VerifyOutcome.Ok);
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
