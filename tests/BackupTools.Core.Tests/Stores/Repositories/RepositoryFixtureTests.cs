using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>
/// Repositories that restic 0.14 and a release of this program wrote, of a directory with a database in it and of that
/// database alone, stay readable. They are never changed again.
/// </summary>
public sealed class RepositoryFixtureTests : IDisposable
{
    private const string Password = "fixture";

    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingObserver _observer = new();
    private readonly RepositoryCredential _credential = new() { Password = RepositoryScene.Secret(Password) };

    public static TheoryData<string> Names =>
        ["restic-1", "restic-2", "restic-2-uncompressed", "restic-2-max", "backuptools-2"];

    public void Dispose()
    {
        _credential.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_repository_is_listed_verified_restored_and_added_to(string name)
    {
        string store = _directory["repository"];
        FormatFixtureTests.Copy(Path.Join(FormatFixtureTests.Fixtures, "repositories", name), store);
        IReadOnlyList<StoredSnapshot> all = SnapshotLister.List(
            new ListRequest { Path = store, Credential = _credential }, _observer, default);
        Assert.Equal(
            [("state", "directory", "/srv/state"), ("vault", "sqlite", "/srv/state/vault.db")],
            all.Select(static snapshot => (snapshot.Manifest.Name, snapshot.Manifest.Kind, snapshot.Manifest.Source)));
        Assert.All(all, static snapshot => Assert.Equal(("fixture", SnapshotState.Complete), (snapshot.Manifest.Host, snapshot.State)));
        Assert.Equal(["nightly"], all[0].Manifest.Tags);
        List<VerifyResult> verified =
        [
            .. SnapshotVerifier.Verify(
                new VerifyRequest { Snapshot = store, Credential = _credential, Level = VerifyLevel.Hash }, _observer, default),
        ];
        Assert.Equal([VerifyOutcome.Ok, VerifyOutcome.Ok], verified.Select(static result => result.Result));

        Restore(all[0].SnapshotPath, "state");
        Assert.Equal("two\n", File.ReadAllText(_directory["state", "memory", "facts", "2.txt"]));
        Assert.Equal("facts/1.txt", new FileInfo(_directory["state", "memory", "latest"]).LinkTarget);
        Assert.Equal(1_767_323_045_123_456_7L, File.GetLastWriteTimeUtc(_directory["state", "long.txt"]).Subtract(DateTime.UnixEpoch).Ticks);
        Assert.Equal(800, File.ReadAllLines(_directory["state", "long.txt"]).Count(static line => line.Length > 0));
        Assert.False(Path.Exists(_directory["state", ".backuptools"]));
        Restore(all[1].SnapshotPath, "vault.db");
        Assert.Equal("40", TestDatabase.Scalar(_directory["vault.db"], "SELECT count(*) FROM note"));
        Assert.Equal("40", TestDatabase.Scalar(_directory["state", "vault.db"], "SELECT count(*) FROM note"));

        SnapshotTaker.Take(
            new NewSnapshotRequest { Source = _directory["state"], Store = store, Credential = _credential }, _observer, default);
        if (InstalledRestic.CanOpen(name.Contains("-2", StringComparison.Ordinal) ? 2 : 1))
        {
            new ResticProgram(store, Directory.CreateDirectory(_directory["cache"]).FullName, Password).CheckIsClean();
        }
    }

    private void Restore(string snapshot, string target)
    {
        RestoreRequest request = new() { Snapshot = snapshot, Target = _directory[target], Credential = _credential };
        Assert.True(SnapshotRestorer.Run(SnapshotRestorer.Plan(request, _observer, default), _observer, default).Verified);
    }
}
