using BackupTools.Restic.Locks;
using BackupTools.Restic.Maintenance;
using BackupTools.Restic.Snapshots;

namespace BackupTools.Restic.Tests;

public class PruneTests
{
    // Small packs, so that few bytes make many.
    private static readonly RepositoryOptions s_options = RepositoryScene.Options with { PackSize = 200_000 };

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void After_pruning_the_snapshots_that_are_left_are_whole_and_the_rest_is_gone(int version)
    {
        InstalledRestic.SkipUnlessItOpens(version);
        using RepositoryScene scene = new();
        scene.Create(s_options with { Version = version }).Dispose();

        // Packs of which all, some and nothing is needed.
        Dictionary<string, byte[]> gone = MakeFiles(0, 60);
        Dictionary<string, byte[]> kept = MakeFiles(0, 10);
        MakeFiles(10, 40).Where((_, i) => i % 2 == 0).ToList().ForEach(file => kept.Add(file.Key, file.Value));
        SnapshotRecord keptSnapshot;
        using (LockedRepository open = scene.OpenLocked(options: s_options))
        {
            SnapshotRecord goneSnapshot = SampleTree.Save(open.Repository, gone, 20_000);
            keptSnapshot = SampleTree.Save(open.Repository, kept, 20_000);
            open.Lock.Dispose();
            using RepositoryLock exclusive = open.Repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.FromSeconds(30));
            Assert.True(open.Repository.RemoveSnapshot(goneSnapshot.Id, exclusive));
            long before = GetPackBytes(scene.Path);

            PruneReport planned = open.Repository.Prune(new PruneOptions { DryRun = true }, exclusive);
            Assert.Equal(before, GetPackBytes(scene.Path));
            PruneReport report = open.Repository.Prune(new PruneOptions(), exclusive);

            Assert.Equal(planned, report);
            Assert.InRange(report.PacksRepacked, 1, report.PacksRemoved - 1);
            Assert.InRange(report.BytesUnused, 0, report.BytesUsed / 10);
            Assert.InRange(before - GetPackBytes(scene.Path), report.BytesFreed * 0.95, report.BytesFreed * 1.05);
            CheckReport check = open.Repository.Check(new CheckOptions { ReadData = true }, exclusive);
            Assert.True(check.IsSound, string.Join('\n', check.Damages));
            Assert.Empty(check.Notes);

            PruneReport again = open.Repository.Prune(new PruneOptions(), exclusive);
            Assert.Equal(0, again.PacksRemoved);
            SampleTree.AssertSame(
                kept.ToDictionary(f => "/sample/" + f.Key, f => f.Value), SampleTree.Load(open.Repository, keptSnapshot.Id));
        }

        scene.Restic.CheckIsClean();
        scene.Restic.Run("restore", keptSnapshot.Id.ToString(), "--target", scene["restored"]);
        SampleTree.AssertSame(
            kept.ToDictionary(f => "/" + f.Key, f => f.Value), SampleTree.ReadFiles(scene["restored", "sample"]));
    }

    [SkippableFact]
    public void What_restic_wrote_and_forgot_is_pruned_here_and_the_other_way_round()
    {
        InstalledRestic.SkipWhereMissing();
        using RepositoryScene scene = new();
        scene.CreateWithRestic();
        Directory.CreateDirectory(scene["source"]);
        for (int i = 0; i < 3; i++)
        {
            File.WriteAllBytes(scene["source", "changing"], SampleTree.MakeContent(i, 2_000_000));
            File.WriteAllBytes(scene["source", $"staying{i}"], SampleTree.MakeContent(10 + i, 500_000));
            scene.Restic.Run("backup", scene["source"]);
        }

        scene.Restic.Run("forget", "--keep-last", "1");
        using (LockedRepository open = scene.OpenLocked(RepositoryLockMode.Exclusive))
        {
            Assert.InRange(open.Repository.Prune(new PruneOptions { MaxUnusedPercent = 0 }, open.Lock).BytesFreed, 1, long.MaxValue);
            SampleTree.Save(open.Repository, MakeFiles(0, 10));
            SnapshotRecord gone = SampleTree.Save(open.Repository, MakeFiles(20, 30));
            Assert.True(open.Repository.RemoveSnapshot(gone.Id, open.Lock));
        }

        scene.Restic.CheckIsClean();
        scene.Restic.Run(InstalledRestic.Format == 2 ? ["prune", "--max-unused", "0"] : ["prune"]);
        scene.Restic.CheckIsClean();
        using LockedRepository after = scene.OpenLocked(RepositoryLockMode.Exclusive);
        CheckReport check = after.Repository.Check(new CheckOptions { ReadData = true }, after.Lock);
        Assert.True(check.IsSound, string.Join('\n', check.Damages));
        Assert.Equal(2, check.Snapshots);
        Assert.Equal(0, after.Repository.Prune(new PruneOptions { MaxUnusedPercent = 0 }, after.Lock).PacksRemoved);
    }

    [Fact]
    public void Many_small_packs_are_put_together()
    {
        using RepositoryScene scene = new();
        scene.Create().Dispose();
        for (int i = 0; i < 12; i++)
        {
            using LockedRepository each = scene.OpenLocked();
            SampleTree.Save(each.Repository, MakeFiles(i, i + 1));
        }

        using LockedRepository open = scene.OpenLocked(RepositoryLockMode.Exclusive);
        PruneReport report = open.Repository.Prune(new PruneOptions(), open.Lock);

        Assert.Equal(24, report.PacksRepacked);
        Assert.Equal(2, Directory.GetFiles(Path.Join(scene.Path, "data"), "*", SearchOption.AllDirectories).Length);
        Assert.Single(Directory.GetFiles(Path.Join(scene.Path, "index")));
        CheckReport check = open.Repository.Check(new CheckOptions { ReadData = true }, open.Lock);
        Assert.True(check.IsSound, string.Join('\n', check.Damages));
    }

    [Fact]
    public void Nothing_is_removed_where_something_needed_is_missing()
    {
        using RepositoryScene scene = new();
        scene.Create(s_options).Dispose();
        using LockedRepository open = scene.OpenLocked(RepositoryLockMode.Exclusive, s_options);
        SampleTree.Save(open.Repository, MakeFiles(0, 20));
        SnapshotRecord gone = SampleTree.Save(open.Repository, MakeFiles(20, 40));
        open.Repository.RemoveSnapshot(gone.Id, open.Lock);
        string[] packs = Directory.GetFiles(Path.Join(scene.Path, "data"), "*", SearchOption.AllDirectories);
        foreach (string pack in packs)
        {
            // Whichever it is: of most, something is needed.
            string aside = scene["aside"];
            File.Move(pack, aside);
            int left = packs.Length - 1;
            if (Record.Exception(() => open.Repository.Prune(new PruneOptions { DryRun = true }, open.Lock)) is not null)
            {
                Assert.Throws<RepositoryDataException>(() => open.Repository.Prune(new PruneOptions(), open.Lock));
                Assert.Equal(left, Directory.GetFiles(Path.Join(scene.Path, "data"), "*", SearchOption.AllDirectories).Length);
            }

            File.Move(aside, pack);
        }

        Assert.True(open.Repository.Check(new CheckOptions { ReadData = true }, open.Lock).IsSound);
    }

    [Fact]
    public void Pruning_and_removing_need_an_exclusive_lock_of_this_repository()
    {
        using RepositoryScene scene = new();
        scene.Create().Dispose();
        using LockedRepository open = scene.OpenLocked();

        Assert.Throws<ArgumentException>(() => open.Repository.Prune(new PruneOptions(), open.Lock));
        Assert.Throws<ArgumentException>(() => open.Repository.RemoveSnapshot(default, open.Lock));
        Assert.Throws<ArgumentException>(() => open.Repository.RebuildIndex(open.Lock));
    }

    private static Dictionary<string, byte[]> MakeFiles(int from, int to) =>
        Enumerable.Range(from, to - from).ToDictionary(i => $"file{i:D3}", i => SampleTree.MakeContent(i, 150_000));

    private static long GetPackBytes(string repository) =>
        Directory.GetFiles(Path.Join(repository, "data"), "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
}
