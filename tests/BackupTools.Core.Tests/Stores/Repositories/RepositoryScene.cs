using System.Security;
using BackupTools.Core.Restore;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;
using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Keys;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>A repository with a source and a target, and the commands of the core and of restic on them.</summary>
internal sealed class RepositoryScene : IDisposable
{
    public const string Password = "correct horse \u00e4\u2603";

    private readonly RestoreScene _place = new();

    /// <summary>Makes a repository whose password takes no time to try.</summary>
    public RepositoryScene(Action<RepositoryOptionsBuilder>? change = null)
    {
        RepositoryOptionsBuilder options = new();
        change?.Invoke(options);
        Repository.Create(new LocalBackend(Store), Password, options.Build()).Dispose();
        Credential = new RepositoryCredential { Password = Secret(Password) };

        // restic remarks on a cache directory that is not there.
        Restic = new ResticProgram(Store, Directory.CreateDirectory(this["restic-cache"]).FullName);
    }

    public RecordingObserver Observer => _place.Observer;

    public RepositoryCredential Credential { get; }

    public ResticProgram Restic { get; }

    public string Store => this["repository"];

    public string this[params string[] parts] => _place[parts];

    public static SecureString Secret(string text)
    {
        SecureString secret = new();
        text.ToList().ForEach(secret.AppendChar);
        return secret;
    }

    public string MakeTree(string name, params (string Path, string Content)[] files) => _place.MakeTree(name, files);

    public string MakeDatabase(string name, int rows, bool wal = false) => _place.MakeDatabase(name, rows, wal);

    public StoredSnapshot Take(string source, Func<NewSnapshotRequest, NewSnapshotRequest>? change = null) =>
        TakeWhole(source, change).Snapshot;

    public NewSnapshotResult TakeWhole(string source, Func<NewSnapshotRequest, NewSnapshotRequest>? change = null)
    {
        NewSnapshotRequest request = new()
        {
            Source = source,
            Store = Store,
            Credential = Credential,
            LockTimeout = TimeSpan.Zero,
        };
        return SnapshotTaker.Take(change is null ? request : change(request), Observer, CancellationToken.None);
    }

    public IReadOnlyList<StoredSnapshot> List() => List(Store);

    public IReadOnlyList<StoredSnapshot> List(string path) =>
        SnapshotLister.List(new ListRequest { Path = path, Credential = Credential }, Observer, CancellationToken.None);

    public RestoreResult Restore(string snapshot, string target, Func<RestoreRequest, RestoreRequest>? change = null)
    {
        RestoreRequest request = new() { Snapshot = snapshot, Target = target, Credential = Credential };
        request = change is null ? request : change(request);
        return SnapshotRestorer.Run(
            SnapshotRestorer.Plan(request, Observer, CancellationToken.None), Observer, CancellationToken.None);
    }

    public ErrorId RestoreFails(string snapshot, string target, Func<RestoreRequest, RestoreRequest>? change = null) =>
        Assert.Throws<BackupException>(() => Restore(snapshot, target, change)).Id;

    public List<VerifyResult> Verify(string snapshot, VerifyLevel level = VerifyLevel.Hash) =>
    [
        .. SnapshotVerifier.Verify(
            new VerifyRequest { Snapshot = snapshot, Level = level, Credential = Credential }, Observer, CancellationToken.None),
    ];

    public IReadOnlyList<RetentionDecision> Prune(RetentionPolicy policy, string? store = null)
    {
        PruneRequest request = new() { Store = store ?? Store, Policy = policy, Credential = Credential, LockTimeout = TimeSpan.Zero };
        PrunePlan plan = SnapshotPruner.Plan(request, Observer, CancellationToken.None);
        return SnapshotPruner.Run(plan, Observer, CancellationToken.None);
    }

    /// <summary>The repository's files of one kind, as <c>data</c> or <c>index</c>.</summary>
    public string[] Files(string kind) =>
        [.. Directory.GetFiles(Path.Join(Store, kind), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        Credential.Dispose();
        _place.Dispose();
    }
}

/// <summary>How a scene's repository is made.</summary>
internal sealed class RepositoryOptionsBuilder
{
    /// <summary>One that the restic beside it opens.</summary>
    public int Version { get; set; } = InstalledRestic.Format;

    public CompressionMode Compression { get; set; }

    public RepositoryOptions Build() => new()
    {
        Version = Version,
        Compression = Compression,
        Scrypt = new ScryptParameters(1024, 8, 1),
    };
}
