using System.Runtime.CompilerServices;
using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Stores;

/// <summary>
/// Stores that released formats wrote, kept in the repository, stay readable. Each format version gets a folder of its
/// own under tests/Fixtures, which is never changed again.
/// </summary>
public sealed class FormatFixtureTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingObserver _observer = new();

    public FormatFixtureTests() => Copy(Path.Join(FixturesPath(), "format-1"), Store);

    private string Store => _directory["store"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Format_1_is_listed_whole()
    {
        IReadOnlyList<StoredSnapshot> all = SnapshotLister.List(new ListRequest { Path = Store }, _observer, default);
        Assert.Equal(["ai-memory", "oxios-backup", "app", "state"], all.Select(static snapshot => snapshot.Manifest.Name));
        Assert.All(all, static snapshot => Assert.Equal(SnapshotState.Complete, snapshot.State));
        Assert.Equal(
            [ManifestOrigin.AiMemory, ManifestOrigin.Oxios, ManifestOrigin.BackupTools, ManifestOrigin.BackupTools],
            all.Select(static snapshot => snapshot.Manifest.Origin));

        // What other programs do not write down is not known, rather than nothing.
        Assert.Equal([null, 3, 60, 5], all.Select(static snapshot => snapshot.Manifest.EntryCount));
        Assert.Equal([6144, null, 6144, 6154], all.Select(static snapshot => snapshot.Manifest.Bytes));
    }

    [Theory]
    [InlineData("ai-memory", VerifyOutcome.Ok)]
    [InlineData("oxios-backup", VerifyOutcome.Unverifiable)]
    [InlineData("app", VerifyOutcome.Ok)]
    [InlineData("state", VerifyOutcome.Ok)]
    public void Format_1_passes_a_rehearsal(string name, VerifyOutcome expected)
    {
        string path = SnapshotLister.List(new ListRequest { Path = Store, Filter = new() { Name = name } }, _observer, default).Single().SnapshotPath;
        VerifyResult result = SnapshotVerifier
            .Verify(new VerifyRequest { Snapshot = path, Level = VerifyLevel.Rehearse }, _observer, default).Single();
        Assert.Equal(expected, result.Result);
    }

    [Fact]
    public void Format_1_is_restored()
    {
        Restore("app", "app.db");
        Assert.Equal("40", TestDatabase.Scalar(_directory["app.db"], "SELECT count(*) FROM note"));
        Restore("ai-memory", "memory.db");
        Assert.Equal("20", TestDatabase.Scalar(_directory["memory.db"], "SELECT count(*) FROM tag"));
        Restore("state", "state");
        Assert.Equal("two\n", File.ReadAllText(_directory["state", "memory", "facts", "2.json"]));
        Assert.Equal("x\n", File.ReadAllText(_directory["state", ".hidden", "settings"]));
        Assert.Equal("40", TestDatabase.Scalar(_directory["state", "vault"], "SELECT count(*) FROM note"));
        Assert.False(Restore("oxios-backup", "oxios").Verified);
        Assert.Equal(
            ["memory", "seeds"], Directory.GetFileSystemEntries(_directory["oxios"]).Select(Path.GetFileName).Order());
    }

    /// <summary>Where all that is kept of released formats lies.</summary>
    internal static string Fixtures { get; } = FixturesPath();

    private static string FixturesPath([CallerFilePath] string here = "") =>
        Path.Join(Path.GetDirectoryName(here), "..", "..", "Fixtures");

    internal static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (FileSystemInfo entry in new DirectoryInfo(from).GetFileSystemInfos())
        {
            string target = Path.Join(to, entry.Name);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(target, link);
            }
            else if (entry is DirectoryInfo)
            {
                Copy(entry.FullName, target);
            }
            else
            {
                File.Copy(entry.FullName, target);
            }
        }
    }

    private RestoreResult Restore(string name, string target)
    {
        RestoreRequest request = new() { Snapshot = Store, Filter = new() { Name = name }, Target = _directory[target] };
        return SnapshotRestorer.Run(SnapshotRestorer.Plan(request, _observer, default), _observer, default);
    }
}
