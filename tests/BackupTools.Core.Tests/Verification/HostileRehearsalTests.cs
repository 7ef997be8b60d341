using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Verification;

/// <summary>Rehearsals of snapshots that were made, or forged, to upset them.</summary>
public sealed class HostileRehearsalTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Directories_whose_names_are_no_Unicode_and_look_alike_are_rehearsed(bool hasSections)
    {
        Skip.If(!OperatingSystem.IsLinux(), "Other systems keep names as Unicode.");
        string source = _scene.MakeTree("state", ("plain/one", "one"));
        RestoreScene.Shell("sh", "-c", """cd "$1" && for c in '\376' '\377'; do d=$(printf "$c"); mkdir "$d" && echo x > "$d/f"; done""", "sh", source);
        StoredSnapshot snapshot = _scene.Take(source);
        if (!hasSections)
        {
            string text = File.ReadAllText(snapshot.ManifestPath);
            int start = text.IndexOf("\"sections\"", StringComparison.Ordinal);
            int end = text.IndexOf(']', start);
            File.WriteAllText(snapshot.ManifestPath, text[..start] + "\"sections\": [" + text[end..]);
        }

        VerifyResult result = _scene.Verify(snapshot, VerifyLevel.Rehearse);
        Assert.Equal((VerifyOutcome.Ok, 0), (result.Result, result.Problems.Count));
    }

    [Fact]
    public void Tables_whose_names_are_no_Unicode_and_look_alike_are_rehearsed()
    {
        string path = _scene.MakeDatabase("app.db", 10);

        // One is named by the very character that stands for what is no Unicode.
        TestDatabase.Execute(path, "CREATE TABLE zzz1(x)", "CREATE TABLE zzz2(x)", "CREATE TABLE \"zzz\ufffd\"(x)");
        byte[] bytes = File.ReadAllBytes(path);
        Replace(bytes, "zzz1"u8, [(byte)'z', (byte)'z', (byte)'z', 0xfe]);
        Replace(bytes, "zzz2"u8, [(byte)'z', (byte)'z', (byte)'z', 0xff]);
        File.WriteAllBytes(path, bytes);
        StoredSnapshot snapshot = _scene.Take(path);
        Assert.Equal(3, snapshot.Manifest.Sections.Count(static section => section.Name == "zzz\ufffd"));
        VerifyResult result = _scene.Verify(snapshot, VerifyLevel.Rehearse);
        Assert.Equal((VerifyOutcome.Ok, 0), (result.Result, result.Problems.Count));
    }

    [SkippableTheory]
    [InlineData("pipe")]
    [InlineData("secret.db")]
    public void A_link_that_a_listing_calls_a_database_is_not_followed(string target)
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        string source = _scene.MakeTree("state", ("a", "a"));
        File.CreateSymbolicLink(Path.Join(source, "link"), _scene[target]);
        RestoreScene.Shell("mkfifo", _scene["pipe"]);
        _scene.MakeDatabase("secret.db", 10);
        StoredSnapshot snapshot = _scene.Take(source);
        Forge(snapshot, static text => text.Replace("\"type\":\"symlink\"", "\"type\":\"symlink\",\"capture\":\"exact\"", StringComparison.Ordinal));
        VerifyResult result = _scene.Verify(snapshot, VerifyLevel.Rehearse);
        Assert.Equal(VerifyOutcome.Failed, result.Result);
    }

    private void Forge(StoredSnapshot snapshot, Func<string, string> change)
    {
        string listing = Path.Join(_scene.Store, snapshot.Manifest.Listing);
        string forged = change(File.ReadAllText(listing));
        File.WriteAllText(listing, forged);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(forged)));
        File.WriteAllText(
            snapshot.ManifestPath, File.ReadAllText(snapshot.ManifestPath).Replace(snapshot.Manifest.Sha256!, hash, StringComparison.Ordinal));
    }

    private static void Replace(Span<byte> bytes, ReadOnlySpan<byte> what, ReadOnlySpan<byte> by)
    {
        int at;
        while ((at = bytes.IndexOf(what)) >= 0)
        {
            by.CopyTo(bytes[at..]);
        }
    }
}
