using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>
/// Repositories that versions of restic and this program wrote, of a directory with a database in it and of that database
/// alone, stay readable. They are never changed again.
/// </summary>
public sealed class RepositoryFixtureTests : IDisposable
{
    private const string Password = "fixture";

    // Of the first ones, which restic 0.14 wrote, and what they hold.
    private static readonly string[] s_first =
    [
        "d 755 1767323045.1234567890 .hidden",
        "d 755 1767323045.1234567890 memory",
        "d 755 1767323045.1234567890 memory/facts",
        "f 644 28801 1 1767323045.1234567890 long.txt",
        "f 644 4 1 1767323045.1234567890 memory/facts/1.txt",
        "f 644 4 2 1767323045.1234567890 memory/again",
        "f 644 4 2 1767323045.1234567890 memory/facts/2.txt",
        "f 644 6144 1 1767323045.1234567890 vault.db",
        "l facts/1.txt 1767323045.1234567890 memory/latest",
    ];

    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingObserver _observer = new();
    private readonly RepositoryCredential _credential = new() { Password = RepositoryScene.Secret(Password) };

    /// <summary>The fixtures, with the bytes and files that restic recorded since 0.17, and else those of the manifest.</summary>
    public static TheoryData<string, long?, long?> Names => new()
    {
        { "restic-1", null, null },
        { "restic-2", null, null },
        { "restic-2-uncompressed", null, null },
        { "restic-2-max", null, null },
        { "backuptools-2", 34955, 7 },
        { "restic-0.11-format-1", null, null },
        { "restic-0.18-format-1", 34963, 8 },
        { "restic-0.18", 1334974, 9 },
        { "restic-0.18-max", 1334974, 9 },
        { "restic-0.18-uncompressed", 34963, 8 },
        { "restic-0.19", 1334974, 9 },
        { "restic-0.19-max", 1334974, 9 },
        { "restic-0.19-uncompressed", 34963, 8 },
        { "backuptools-0.1", 1334970, 10 },
    };

    public void Dispose()
    {
        _credential.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_repository_is_listed_verified_restored_and_added_to(string name, long? bytes, long? files)
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
        Assert.Equal((bytes, files), (all[0].Manifest.Bytes, all[0].Manifest.EntryCount));
        List<VerifyResult> verified =
        [
            .. SnapshotVerifier.Verify(
                new VerifyRequest { Snapshot = store, Credential = _credential, Level = VerifyLevel.Hash }, _observer, default),
        ];
        Assert.Equal([VerifyOutcome.Ok, VerifyOutcome.Ok], verified.Select(static result => result.Result));

        Restore(all[0].SnapshotPath, "state");
        AssertIsState(name, _directory["state"]);
        Assert.Equal(1_767_323_045_123_456_7L, File.GetLastWriteTimeUtc(_directory["state", "long.txt"]).Subtract(DateTime.UnixEpoch).Ticks);
        Assert.False(Path.Exists(_directory["state", ".backuptools"]));
        Restore(all[1].SnapshotPath, "vault.db");
        AssertIsVault(name, _directory["vault.db"]);

        SnapshotTaker.Take(
            new NewSnapshotRequest { Source = _directory["state"], Store = store, Credential = _credential }, _observer, default);
        if (InstalledRestic.CanOpen(name is "restic-1" || name.EndsWith("format-1", StringComparison.Ordinal) ? 1 : 2))
        {
            ResticProgram restic = new(store, Directory.CreateDirectory(_directory["cache"]).FullName, Password);
            restic.CheckIsClean();
            restic.Run("restore", all[0].Manifest.Snapshot, "--target", _directory["by-restic"]);
            AssertIsState(name, _directory["by-restic", "srv", "state"]);
        }
    }

    private static void AssertIsState(string name, string directory)
    {
        Assert.Equal("x\n", File.ReadAllText(Path.Join(directory, ".hidden", "settings")));
        Assert.Equal("one\n", File.ReadAllText(Path.Join(directory, "memory", "facts", "1.txt")));
        Assert.Equal("two\n", File.ReadAllText(Path.Join(directory, "memory", "facts", "2.txt")));
        Assert.Equal("two\n", File.ReadAllText(Path.Join(directory, "memory", "again")));
        Assert.Equal("facts/1.txt", new FileInfo(Path.Join(directory, "memory", "latest")).LinkTarget);
        Assert.Equal(
            string.Concat(Enumerable.Repeat("line of a file that compresses well\n", 800)) + "\n",
            File.ReadAllText(Path.Join(directory, "long.txt")));
        AssertIsVault(name, Path.Join(directory, "vault.db"));
        bool isFirst = !name.Contains('.', StringComparison.Ordinal);
        bool hasLarge = !isFirst && !name.EndsWith("format-1", StringComparison.Ordinal) && !name.EndsWith("uncompressed", StringComparison.Ordinal);
        if (hasLarge)
        {
            byte[] large = [.. new byte[600_000], .. "middle\n"u8, .. new byte[700_000], .. "end\n"u8];
            Assert.True(large.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Join(directory, "large.bin"))));
        }

        if (OperatingSystem.IsLinux())
        {
            AssertHasMetadata(isFirst, hasLarge, directory);
        }
    }

    private static void AssertHasMetadata(bool isFirst, bool hasLarge, string directory)
    {
        // A byte that is no character is shown as the one for that, and a second and a half before 1970 like this.
        string[] expected =
        [
            .. s_first,
            .. (string[])(isFirst
                ? ["f 644 2 1 1767323045.1234567890 .hidden/settings"]
                :
                [
                    "f 640 2 1 1767323045.1234567890 .hidden/settings",
                    "f 644 0 1 -2.5000000000 empty",
                    "f 644 4 1 1767323045.1234567890 odd \u00fc\u2603 \"\\\n\ufffd",
                ]),
            .. (string[])(hasLarge ? ["f 644 1300011 1 1767323045.1234567890 large.bin"] : []),
        ];
        string[] found = RestoreScene.Shell(
            "find",
            directory,
            "-mindepth",
            "1",
            "(",
            "-type",
            "d",
            "-printf",
            "d %m %T@ %P\\0",
            "-o",
            "-type",
            "l",
            "-printf",
            "l %l %T@ %P\\0",
            "-o",
            "-printf",
            "%y %m %s %n %T@ %P\\0",
            ")").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        if (!isFirst && Tool.Exists("getfattr"))
        {
            Assert.Equal(
                "kept <&>", Tool.Run("getfattr", ["--only-values", "-n", "user.note", "--absolute-names", Path.Join(directory, "long.txt")]));
        }
    }

    // What this program takes of a database is not the file's bytes, but all that is in it.
    private static void AssertIsVault(string name, string database)
    {
        if (name.StartsWith("restic", StringComparison.Ordinal))
        {
            Assert.Equal(File.ReadAllBytes(Path.Join(FormatFixtureTests.Fixtures, "app.db")), File.ReadAllBytes(database));
        }

        Assert.Equal("40|20", TestDatabase.Scalar(database, "SELECT (SELECT count(*) FROM note) || '|' || (SELECT count(*) FROM tag)"));
    }

    private void Restore(string snapshot, string target)
    {
        RestoreRequest request = new() { Snapshot = snapshot, Target = _directory[target], Credential = _credential };
        Assert.True(SnapshotRestorer.Run(SnapshotRestorer.Plan(request, _observer, default), _observer, default).Verified);
    }
}
