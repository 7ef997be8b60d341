using System.Security.Cryptography;
using System.Text.Json;
using BackupTools.Core.Restore;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Verification;

/// <summary>Backups that other programs made.</summary>
public sealed class ForeignSnapshotTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void An_ai_memory_backup_is_compared_by_its_hash_and_restored_verified()
    {
        Directory.CreateDirectory(_scene.Store);
        string payload = Path.Join(_scene.Store, "ai-memory-2026-11-21T034218Z.db");
        TestDatabase.Execute(payload, "CREATE TABLE t(x)", "INSERT INTO t VALUES(1),(2)");
        string manifest = Path.Join(_scene.Store, "ai-memory-2026-11-21T034218Z.manifest.json");
        File.WriteAllText(manifest, JsonSerializer.Serialize(new
        {
            snapshot = Path.GetFileName(payload),
            sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(payload))),
            bytes = new FileInfo(payload).Length,
            source_db = "/data/memory.db",
            version = "0.6.0",
            created_at = "2026-11-21T03:42:18.123456789+00:00",
        }));
        Assert.Equal(VerifyOutcome.Ok, _scene.VerifyAll(manifest, VerifyLevel.Rehearse).Single().Result);
        RestoreResult result = _scene.Restore(payload, _scene["memory.db"]);
        Assert.True(result.Verified);
        Assert.Equal("2", RestoreScene.Count(_scene["memory.db"]));
        RestoreScene.Flip(payload);
        Assert.Equal(VerifyOutcome.Failed, _scene.VerifyAll(manifest, VerifyLevel.Hash).Single().Result);
        Assert.Equal(ErrorId.VerificationFailed, _scene.RestoreFails(payload, _scene["memory.db"]));
        Assert.Equal("2", RestoreScene.Count(_scene["memory.db"]));
    }

    [Fact]
    public void An_Oxios_backup_is_unverifiable_its_counts_are_compared_and_its_manifest_is_not_restored()
    {
        string backup = _scene.MakeTree("backups/2026-11-21", ("seeds/a.json", "{}"), ("seeds/b.json", "{}"), ("memory/facts/c.json", "{}"));
        string Manifest(int seeds) =>
            "{\"version\":1,\"created_at\":\"2026-11-21T03:42:18.123456789Z\",\"oxios_version\":\"0.1.0\",\"sections\":["
            + $"{{\"name\":\"seeds\",\"entry_count\":{seeds}}},{{\"name\":\"memory/facts\",\"entry_count\":1}}]}}";
        File.WriteAllText(Path.Join(backup, "manifest.json"), Manifest(2));
        Assert.All(Enum.GetValues<VerifyLevel>(), level => Assert.Equal(VerifyOutcome.Unverifiable, _scene.VerifyAll(backup, level).Single().Result));

        string live = _scene.MakeTree("live", ("manifest.json", "the live one"), ("seeds/a.json", "old"));
        RestoreResult overlaid = _scene.Restore(backup, live, request => request with { Overlay = true });
        Assert.False(overlaid.Verified);
        Assert.Equal("the live one", File.ReadAllText(Path.Join(live, "manifest.json")));
        Assert.Equal("{}", File.ReadAllText(Path.Join(live, "seeds", "a.json")));
        _scene.Restore(backup, _scene["fresh"]);
        Assert.Equal(["memory", "seeds"], RestoreScene.Names(_scene["fresh"]));
        Assert.Contains(_scene.Observer.Warnings, warning => warning.Contains("Oxios", StringComparison.Ordinal));

        File.WriteAllText(Path.Join(backup, "manifest.json"), Manifest(3));
        VerifyResult result = _scene.VerifyAll(backup, VerifyLevel.Manifest).Single();
        Assert.Equal(VerifyOutcome.Failed, result.Result);
        Assert.Contains(result.Problems, problem => problem.Contains("seeds", StringComparison.Ordinal));
    }
}
