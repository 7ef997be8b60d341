using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Restore;

/// <summary>Snapshots whose listing or payload was made to lead elsewhere, with hashes that fit.</summary>
public sealed class ForgedSnapshotTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("a/one", "../escaped")]
    [InlineData("a/one", "/tmp/escaped")]
    [InlineData("a/one", "a/../../escaped")]
    [InlineData("a/one", "a//one")]
    [InlineData("a/one", "")]
    [InlineData("a/one", "a/./one")]
    [InlineData("a/one", "a/one\\u0000x")]
    [InlineData("a/one", "b/one")]
    public void A_path_that_leads_elsewhere_is_refused_and_nothing_is_written(string honest, string forged)
    {
        StoredSnapshot snapshot = Take();
        Forge(snapshot, text => text.Replace($"\"path\":\"{honest}\"", $"\"path\":\"{forged}\"", StringComparison.Ordinal));
        AssertRefused(snapshot);
    }

    [Fact]
    public void A_file_below_a_link_is_refused()
    {
        StoredSnapshot snapshot = Take();
        Forge(snapshot, text => string.Join('\n', text.Split('\n').Select(line => line.Contains("\"path\":\"a\"", StringComparison.Ordinal)
            ? "{\"path\":\"a\",\"type\":\"symlink\",\"modified\":\"2026-01-01T00:00:00.000000000Z\",\"target\":\"../elsewhere\"}"
            : line)));
        AssertRefused(snapshot);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("link")]
    [InlineData("../elsewhere/secret")]
    [InlineData("a/missing")]
    public void A_hard_link_to_what_is_no_restored_file_is_refused(string first)
    {
        StoredSnapshot snapshot = Take();
        string line = "{\"path\":\"z\",\"type\":\"file\",\"bytes\":1,\"modified\":\"2026-01-01T00:00:00.000000000Z\",\"hard_link\":\"" + first + "\"}\n";
        Forge(snapshot, text => text + line);
        AssertRefused(snapshot);
    }

    [Fact]
    public void A_link_in_the_payload_in_place_of_a_file_is_not_followed()
    {
        StoredSnapshot snapshot = Take();
        string payload = Path.Join(snapshot.SnapshotPath, "a", "one");
        File.Delete(payload);
        File.WriteAllText(_scene["elsewhere", "one"], "one");
        File.CreateSymbolicLink(payload, _scene["elsewhere", "one"]);
        AssertRefused(snapshot);
        AssertRefused(snapshot, skipVerify: true);
    }

    [Fact]
    public void A_link_in_the_payload_in_place_of_a_directory_is_not_followed()
    {
        StoredSnapshot snapshot = Take();
        Directory.Move(Path.Join(snapshot.SnapshotPath, "a"), _scene["elsewhere", "a"]);
        Directory.CreateSymbolicLink(Path.Join(snapshot.SnapshotPath, "a"), _scene["elsewhere", "a"]);
        AssertRefused(snapshot);
        AssertRefused(snapshot, skipVerify: true);
    }

    [Fact]
    public void A_payload_that_is_a_link_is_not_followed()
    {
        StoredSnapshot snapshot = Take();
        Directory.Move(snapshot.SnapshotPath, _scene["elsewhere", "payload"]);
        Directory.CreateSymbolicLink(snapshot.SnapshotPath, _scene["elsewhere", "payload"]);
        AssertRefused(snapshot);
    }

    [Fact]
    public void A_listing_that_is_not_its_manifests_is_refused_after_all()
    {
        StoredSnapshot snapshot = Take();
        string listing = Path.Join(_scene.Store, snapshot.Manifest.Listing);
        File.WriteAllText(listing, File.ReadAllText(listing).Replace("\"mode\":\"0644\"", "\"mode\":\"0666\"", StringComparison.Ordinal));
        AssertRefused(snapshot);
    }

    [Fact]
    public void A_manifest_of_another_kind_than_its_payload_is_refused()
    {
        StoredSnapshot snapshot = Take();
        string text = File.ReadAllText(snapshot.ManifestPath);
        File.WriteAllText(snapshot.ManifestPath, text.Replace("\"directory\"", "\"sqlite\"", StringComparison.Ordinal));
        AssertRefused(snapshot);
    }

    private StoredSnapshot Take()
    {
        string source = _scene.MakeTree("state", ("a/one", "one"), ("c", "c"));
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(Path.Join(source, "link"), "../elsewhere/secret");
        }

        _scene.MakeTree("elsewhere", ("secret", "secret"));
        _scene.MakeTree("target", ("mine", "mine"));
        return _scene.Take(source);
    }

    // Changes the listing, and the manifest's hash with it.
    private void Forge(StoredSnapshot snapshot, Func<string, string> change)
    {
        string listing = Path.Join(_scene.Store, snapshot.Manifest.Listing);
        string before = File.ReadAllText(listing);
        string forged = change(before);
        Assert.NotEqual(before, forged);
        File.WriteAllText(listing, forged);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(forged)));
        File.WriteAllText(
            snapshot.ManifestPath, File.ReadAllText(snapshot.ManifestPath).Replace(snapshot.Manifest.Sha256!, hash, StringComparison.Ordinal));
    }

    private void AssertRefused(StoredSnapshot snapshot, bool skipVerify = false)
    {
        string before = RestoreScene.Describe(_scene[""]);
        foreach (bool overlay in (bool[])[false, true])
        {
            BackupException error = Assert.Throws<BackupException>(() => _scene.Restore(
                snapshot.ManifestPath, _scene["target"], request => request with { Overlay = overlay, SkipVerify = skipVerify }));
            Assert.True(error.Id is ErrorId.SnapshotDamaged or ErrorId.VerificationFailed, error.ToString());
            Assert.Equal(WithoutTimes(before), WithoutTimes(RestoreScene.Describe(_scene[""])));
        }
    }

    // The root's own time changes with what is made in it and removed again.
    private static string WithoutTimes(string description) =>
        string.Join('\n', description.Split('\n').Where(static line => !line.StartsWith("|d|", StringComparison.Ordinal) && !line.StartsWith("backups|d|", StringComparison.Ordinal)));
}
