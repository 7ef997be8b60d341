using BackupTools.Restic.Blobs;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Snapshots;

namespace BackupTools.Restic.Tests;

public class InteroperabilityTests
{
    private static readonly Dictionary<string, byte[]> s_files = new()
    {
        ["empty"] = [],
        ["large"] = SampleTree.MakeContent(1, 30_000_000),
        ["noise"] = MakeNoise(3_000_000),
        ["small"] = "hello"u8.ToArray(),
        ["\u00fc\u2603 \"quoted\" \\ <&>"] = SampleTree.MakeContent(2, 1000),
    };

    [SkippableTheory]
    [InlineData(1, CompressionMode.Auto)]
    [InlineData(2, CompressionMode.Auto)]
    [InlineData(2, CompressionMode.Off)]
    [InlineData(2, CompressionMode.Max)]
    public void What_is_written_here_restic_finds_clean_and_restores_byte_for_byte(int version, CompressionMode compression)
    {
        InstalledRestic.SkipUnlessItOpens(version);
        using RepositoryScene scene = new();
        scene.Create(RepositoryScene.Options with { Version = version }).Dispose();
        SnapshotRecord saved;
        using (LockedRepository open = scene.OpenLocked(options: RepositoryScene.Options with { Compression = compression }))
        {
            saved = SampleTree.Save(open.Repository, s_files);
        }

        scene.Restic.CheckIsClean();
        scene.Restic.Run("restore", saved.Id.ToString(), "--target", scene["restored"]);

        SampleTree.AssertSame(
            s_files.ToDictionary(f => "/" + f.Key, f => f.Value), SampleTree.ReadFiles(scene["restored", "sample"]));
    }

    [SkippableTheory]
    [InlineData(1, "auto")]
    [InlineData(2, "auto")]
    [InlineData(2, "off")]
    [InlineData(2, "max")]
    public void What_restic_writes_is_read_here_byte_for_byte(int version, string compression)
    {
        InstalledRestic.SkipUnlessItOpens(version);
        using RepositoryScene scene = new();
        string source = Directory.CreateDirectory(scene["source", "below"]).FullName;
        foreach ((string name, byte[] content) in s_files)
        {
            File.WriteAllBytes(Path.Join(source, name), content);
        }

        scene.CreateWithRestic(version);
        scene.Restic.Run(
            ["backup", scene["source"], "--tag", "one", "--exclude", "*.none", .. version == 2 ? (string[])["--compression", compression] : []]);

        using LockedRepository open = scene.OpenLocked();
        Repository repository = open.Repository;
        Assert.Equal(version, repository.Config.Version);
        ObjectId id = Assert.Single(repository.ListSnapshots());
        SnapshotRecord snapshot = repository.LoadSnapshot(id);
        Assert.Equal([scene["source"]], snapshot.Paths);
        Assert.Equal(["one"], snapshot.Tags);
        Assert.Equal(["*.none"], snapshot.Excludes);
        Assert.Equal(Keys.HostIdentity.HostName, snapshot.HostName);
        Assert.Equal(Keys.HostIdentity.UserName, snapshot.UserName);
        SampleTree.AssertSame(
            s_files.ToDictionary(f => $"{source}/{f.Key}", f => f.Value), SampleTree.Load(repository, id));
    }

    [SkippableFact]
    public void Both_programs_take_turns_in_one_repository_and_store_the_same_once()
    {
        InstalledRestic.SkipWhereMissing();
        using RepositoryScene scene = new();
        scene.CreateWithRestic();
        Directory.CreateDirectory(scene["source"]);
        File.WriteAllBytes(scene["source", "small"], s_files["small"]);
        scene.Restic.Run("backup", scene["source"]);
        using (LockedRepository open = scene.OpenLocked())
        {
            Assert.False(open.Repository.SaveBlob(BlobType.Data, s_files["small"]).IsNew);
            Assert.True(open.Repository.SaveBlob(BlobType.Data, s_files["noise"]).IsNew);
            Assert.False(open.Repository.SaveBlob(BlobType.Data, s_files["noise"]).IsNew);
            SampleTree.Save(open.Repository, s_files);
            Assert.Equal(2, open.Repository.ListSnapshots().Count);
        }

        scene.Restic.Run("backup", scene["source"]);
        scene.Restic.CheckIsClean();
        using LockedRepository again = scene.OpenLocked(RepositoryLockMode.Exclusive);
        Assert.Equal(3, again.Repository.ListSnapshots().Count);
    }

    private static byte[] MakeNoise(int length)
    {
        byte[] noise = new byte[length];
        new Random(7).NextBytes(noise);
        return noise;
    }
}
