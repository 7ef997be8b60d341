using System.Text.Json;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>restic's own commands on snapshots of this program's, as far as the restic that is installed has them.</summary>
public sealed class ResticCommandTests : IDisposable
{
    private readonly List<IDisposable> _scenes = [];

    public void Dispose() => _scenes.ForEach(static scene => scene.Dispose());

    [SkippableFact]
    public void Ls_find_dump_diff_and_stats_tell_what_is_in_a_snapshot()
    {
        InstalledRestic.SkipWhereMissing();
        RepositoryScene scene = Make();
        string source = MakeTree(scene);
        string first = scene.Take(source).Manifest.Snapshot;
        File.AppendAllText(Path.Join(source, "a.txt"), "more");
        string second = scene.Take(source).Manifest.Snapshot;

        JsonElement[] listed = [.. Lines(scene.Restic.Run("ls", "--json", second)).Where(static line => line.TryGetProperty("path", out _))];
        JsonElement big = listed.Single(line => line.GetProperty("path").GetString() == source + "/big.bin");
        Assert.Equal(2_500_000, big.GetProperty("size").GetInt64());
        Assert.Contains(listed, line => line.GetProperty("path").GetString() == source + "/sub/deep/x");
        JsonElement found = Lines(scene.Restic.Run("find", "--json", "big.bin"))[0];
        Assert.Equal(2, found.GetArrayLength());
        Assert.Equal("onemore", scene.Restic.Run("dump", "-q", second, source + "/a.txt"));
        Assert.Contains($"M    {source}/a.txt", scene.Restic.Run("diff", first, second), StringComparison.Ordinal);
        JsonElement size = Lines(scene.Restic.Run("stats", "--json", "--mode", "restore-size", second))[0];
        long manifest = listed.Single(static line => line.GetProperty("path").GetString() == "/.backuptools/manifest.json").GetProperty("size").GetInt64();
        long bytes = scene.List().Single(snapshot => snapshot.Manifest.Snapshot == second).Manifest.Bytes!.Value;
        Assert.Equal(bytes + manifest, size.GetProperty("total_size").GetInt64());
    }

    [SkippableFact]
    public void Rewrite_reads_our_trees_and_writes_them_again_the_same()
    {
        InstalledRestic.SkipBefore("0.15", "'rewrite'");
        RepositoryScene scene = Make();
        StoredSnapshot made = scene.Take(MakeTree(scene));
        string tree = Tree(scene, made.Manifest.Snapshot);

        // It refuses trees that it would not encode so itself, whatever it is to leave out.
        scene.Restic.Run("rewrite", "--exclude", "big.bin");
        StoredSnapshot rewritten = scene.List().Single(snapshot => snapshot.Manifest.Snapshot != made.Manifest.Snapshot);
        Assert.NotEqual(tree, Tree(scene, rewritten.Manifest.Snapshot));
        scene.Restic.CheckIsClean();
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(scene.Verify(made.SnapshotPath, VerifyLevel.Rehearse)).Result);
        Assert.Equal(VerifyOutcome.Failed, Assert.Single(scene.Verify(rewritten.SnapshotPath)).Result);
        scene.Restore(rewritten.SnapshotPath, scene["restored"], static request => request with { SkipVerify = true });
        Assert.False(Path.Exists(scene["restored", "big.bin"]));
        Assert.Equal("deep", File.ReadAllText(scene["restored", "sub", "deep", "x"]));
    }

    [SkippableFact]
    public void What_a_snapshot_says_of_its_size_is_what_restic_counts()
    {
        InstalledRestic.SkipBefore("0.17", "summary of a snapshot");
        RepositoryScene scene = Make();
        string source = MakeTree(scene);
        if (!OperatingSystem.IsWindows())
        {
            RestoreScene.Shell("ln", Path.Join(source, "big.bin"), Path.Join(source, "sub", "big-too.bin"));
        }

        scene.Take(source);
        scene.Take(Path.Join(source, "app.db"));
        foreach (JsonElement snapshot in Lines(scene.Restic.Run("snapshots", "--json"))[0].EnumerateArray())
        {
            long bytes = Lines(scene.Restic.Run("stats", "--json", "--mode", "restore-size", snapshot.GetProperty("id").GetString()!))[0]
                .GetProperty("total_size").GetInt64();
            Assert.InRange(snapshot.GetProperty("summary").GetProperty("total_bytes_processed").GetInt64(), bytes, bytes + 2_500_000);
        }

        // It counts for itself, and would save a snapshot anew that says something else.
        string[] before = scene.Files("snapshots");
        scene.Restic.Run("rewrite", "--forget", "--exclude", "there is no such name");
        Assert.Equal(before, scene.Files("snapshots"));
    }

    [SkippableFact]
    public void A_host_and_time_that_rewrite_sets_count_and_the_data_stays_proved()
    {
        InstalledRestic.SkipBefore("0.17", "'rewrite --new-host'");
        RepositoryScene scene = Make();
        SnapshotManifest made = scene.Take(MakeTree(scene)).Manifest;
        scene.Restic.Run("rewrite", "--forget", "--new-host", "elsewhere", "--new-time", "2026-01-02 03:04:05");
        StoredSnapshot rewritten = Assert.Single(scene.List());
        Assert.Equal((made.Id, made.Sha256, "elsewhere"), (rewritten.Manifest.Id, rewritten.Manifest.Sha256, rewritten.Manifest.Host));
        Assert.NotEqual(made.CreatedAt, rewritten.Manifest.CreatedAt);
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(scene.Verify(scene.Store, VerifyLevel.Rehearse)).Result);
    }

    [SkippableFact]
    public void What_restic_repairs_forgets_and_prunes_stays_whole()
    {
        InstalledRestic.SkipWhereMissing();
        RepositoryScene scene = Make();
        string source = MakeTree(scene);
        for (int i = 0; i < 4; i++)
        {
            File.WriteAllText(Path.Join(source, "a.txt"), new string((char)('a' + i), 100_000));
            scene.Take(source);
        }

        bool hasRepair = scene.Restic.TryRun("repair", "--help").ExitCode == 0;
        scene.Restic.Run(hasRepair ? ["repair", "index", "--read-all-packs"] : ["rebuild-index"]);
        if (hasRepair)
        {
            // There is nothing to repair in them.
            scene.Restic.Run("repair", "snapshots", "--forget");
        }

        Assert.Equal(4, scene.List().Count);
        Assert.All(scene.Verify(scene.Store), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        scene.Restic.Run("forget", "--keep-last", "2", "--prune");
        Assert.Equal(2, scene.List().Count);
        File.WriteAllText(scene["new-password"], "another");
        scene.Restic.Run("key", "passwd", "--new-password-file", scene["new-password"]);
        File.WriteAllText(scene["old-password"], RepositoryScene.Password);
        ResticProgram renamed = new(scene.Store, scene["restic-cache"], "another");
        renamed.Run("key", "passwd", "--new-password-file", scene["old-password"]);
        scene.Take(source);
        Assert.All(scene.Verify(scene.Store, VerifyLevel.Rehearse), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        scene.Restic.CheckIsClean();
    }

    [SkippableFact]
    public void A_repository_of_format_1_that_restic_upgrades_is_used_on()
    {
        InstalledRestic.SkipUnlessItOpens(2);
        RepositoryScene scene = Make(1);
        string source = MakeTree(scene);
        StoredSnapshot made = scene.Take(source);
        scene.Restic.Run("migrate", "upgrade_repo_v2");
        Assert.Contains("\"version\": 2", scene.Restic.Run("cat", "config"), StringComparison.Ordinal);
        long before = scene.Files("data").Sum(static file => new FileInfo(file).Length);
        Assert.Equal(VerifyOutcome.Ok, Assert.Single(scene.Verify(scene.Store)).Result);
        File.WriteAllText(Path.Join(source, "a.txt"), "after");
        scene.Take(source);
        scene.Restic.Run("prune", "--repack-uncompressed");
        Assert.InRange(scene.Files("data").Sum(static file => new FileInfo(file).Length), 1, before / 2);
        scene.Restic.CheckIsClean();
        Assert.All(scene.Verify(scene.Store, VerifyLevel.Rehearse), static result => Assert.Equal(VerifyOutcome.Ok, result.Result));
        scene.Restore(made.SnapshotPath, scene["restored"]);
        Assert.Equal("one", File.ReadAllText(scene["restored", "a.txt"]));
    }

    private static string MakeTree(RepositoryScene scene)
    {
        string source = scene.MakeTree("state", ("a.txt", "one"), ("sub/deep/x", "deep"), ("big.bin", new string('y', 2_500_000)), ("empty", ""));
        scene.MakeDatabase("state/app.db", 300);
        if (!OperatingSystem.IsWindows())
        {
            RestoreScene.Shell(
                "sh",
                "-c",
                """
                set -e; cd "$1"; : > "$(printf 'odd \303\274\342\230\203 "\\\n\377')"; ln -s 'to <&> "x"' link; ln -s "$(printf '\377')" link2
                chmod 2751 sub; chmod 4711 empty; touch -d '1969-12-31 23:59:58.5 UTC' empty
                setfattr -n user.note -v 'kept <&>' a.txt 2>/dev/null || :
                """,
                "sh",
                source);
        }

        return source;
    }

    private static string Tree(RepositoryScene scene, string snapshot) =>
        JsonDocument.Parse(scene.Restic.Run("cat", "snapshot", snapshot)).RootElement.GetProperty("tree").GetString()!;

    private static JsonElement[] Lines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];

    private RepositoryScene Make(int? version = null)
    {
        RepositoryScene scene = new(options => options.Version = version ?? options.Version);
        _scenes.Add(scene);
        return scene;
    }
}
