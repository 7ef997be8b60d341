using System.Diagnostics;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Tests.Sources.Sqlite.Malicious;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Sources.Sqlite;

/// <summary>Databases that were made to harm whoever opens them: as sources, in trees, and as payloads.</summary>
public sealed class MaliciousDatabaseTests : IDisposable
{
    // Each takes a fraction of a second; one that is lost in a circle never ends.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly RestoreScene _scene = new();

    public static TheoryData<string> Names => [.. MaliciousDatabase.All.Select(static database => database.Name)];

    public void Dispose() => _scene.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_malicious_database_is_captured_or_refused_in_time_and_touches_nothing(string name)
    {
        string source = _scene.MakeTree("state", ("other", "other"));
        string elsewhere = _scene.MakeTree("elsewhere", ("canary", "canary"));
        string path = Path.Join(source, "app.db");
        MaliciousDatabase.All.Single(database => database.Name == name).Make(path, Path.Join(elsewhere, "canary"));
        string before = RestoreScene.Describe(source) + RestoreScene.Describe(elsewhere);

        foreach ((string taken, CaptureMethod capture, CheckLevel check) in (IEnumerable<(string, CaptureMethod, CheckLevel)>)
            [(source, CaptureMethod.Exact, CheckLevel.Quick), (path, CaptureMethod.Exact, CheckLevel.Full), (path, CaptureMethod.Vacuum, CheckLevel.Quick)])
        {
            StoredSnapshot? snapshot = InTime(cancellation => Take(taken, capture, check, cancellation));
            if (snapshot is not null)
            {
                // What was made is small: nothing in a database makes more of it than there is.
                Assert.True(BytesBelow(_scene.Store) < 100_000_000, "the store grew beyond all bounds");
                VerifyResult result = InTime(cancellation => SnapshotVerifier.Verify(
                    new VerifyRequest { Snapshot = snapshot.SnapshotPath, Level = VerifyLevel.Rehearse }, _scene.Observer, cancellation).Single());
                Assert.DoesNotContain(result.Problems, static problem => problem.Contains("SHA-256", StringComparison.Ordinal));
            }
            else
            {
                Assert.NotEqual(source, taken);
            }

            Assert.Equal(before, RestoreScene.Describe(source) + RestoreScene.Describe(elsewhere));
        }
    }

    private StoredSnapshot? Take(string source, CaptureMethod capture, CheckLevel check, CancellationToken cancellation)
    {
        try
        {
            return SnapshotTaker.Take(
                new NewSnapshotRequest { Source = source, Store = _scene.Store, Capture = capture, Check = check }, _scene.Observer, cancellation).Snapshot;
        }
        catch (BackupException e) when (e.Id is ErrorId.CaptureFailed or ErrorId.SourceNotSupported or ErrorId.InputOutput)
        {
            return null;
        }
    }

    private static long BytesBelow(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);

    private static T InTime<T>(Func<CancellationToken, T> action)
    {
        using CancellationTokenSource stop = new(s_patience);
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            return action(stop.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"it did not end within {watch.Elapsed}");
            throw;
        }
    }
}
