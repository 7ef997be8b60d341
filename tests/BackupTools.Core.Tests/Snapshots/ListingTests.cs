using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Core.Tests.Snapshots;

/// <summary>Listings and the paths in them: what is written is read, and nothing else leads anywhere.</summary>
public sealed class ListingTests
{
    private const string Hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [SkippableFact]
    public void Whatever_a_tree_holds_its_listing_reads_back()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no names but Unicode.");
        Prop.ForAll(Trees().ToArbitrary(), entries =>
        {
            byte[] text = Write(entries);
            List<ListingEntry> read = Read(text);
            Assert.Equal(entries.Select(entry => entry.Path), read.Select(entry => entry.Path));
            Assert.Equal(text, Write(read));
        }).QuickCheckThrowOnFailure();
    }

    [SkippableFact]
    public void A_listing_with_one_byte_changed_is_refused_or_stays_within_its_tree()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no names but Unicode.");
        Gen<(List<ListingEntry> Entries, int At, int Value)> mutations =
            from entries in Trees()
            from at in Gen.Choose(0, int.MaxValue - 1)
            from value in Gen.OneOf(Gen.Choose(0, 255), Gen.Elements("./\"\\{}[],:0n"u8.ToArray()).Select(b => (int)b))
            select (entries, at, value);
        Prop.ForAll(mutations.ToArbitrary(), mutation =>
        {
            byte[] text = Write(mutation.Entries);
            text[mutation.At % text.Length] = (byte)mutation.Value;
            AssertRefusedOrHarmless(text);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}\n")]
    [InlineData("null\n")]
    [InlineData("F a\n")]
    [InlineData("D .\nF ..\n")]
    [InlineData("D .\nF ../x\n")]
    [InlineData("D .\nF /etc/passwd\n")]
    [InlineData("D .\nF a/../b\n")]
    [InlineData("D .\nF a//b\n")]
    [InlineData("D .\nF a/./b\n")]
    [InlineData("D .\nF a/\n")]
    [InlineData("D .\nF a\\u0000b\n")]
    [InlineData("D .\nF a\\ud800\n")]
    [InlineData("D .\nF \n")]
    [InlineData("D .\nF a\nF a\n")]
    [InlineData("D .\nF b\nF a\n")]
    [InlineData("D .\nD .\n")]
    [InlineData("D .\nF a/b\n")]
    [InlineData("D .\nF a\nF a/b\n")]
    [InlineData("D .\nL a\nF a/b\n")]
    [InlineData("D .\nD a\nD a.x\nF a/b\n")]
    [InlineData("D .\nF a")]
    [InlineData("L .\n")]
    public void A_forged_listing_is_refused(string short_)
    {
        BackupException error = Assert.Throws<BackupException>(() => Read(Encoding.UTF8.GetBytes(Expand(short_))));
        Assert.Equal(ErrorId.SnapshotDamaged, error.Id);
    }

    [Theory]
    [InlineData("\"bytes\":0", "\"bytes\":-1")]
    [InlineData("\"bytes\":0", "\"bytes\":99999999999999999999")]
    [InlineData("\"bytes\":0", "\"bytes\":{}")]
    [InlineData("\"type\":\"file\"", "\"type\":\"device\"")]
    [InlineData("\"type\":\"file\"", "\"type\":7")]
    [InlineData("\"type\":\"file\"", "\"type\":\"symlink\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"target\":\"/etc\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"path\":\"b\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"path_raw\":\"Li4=\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"path_raw\":\"!\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"hard_link\":\"../x\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"hard_link\":\"b\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"mode\":\"-7777\"")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"xattrs\":[]")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"xattrs\":{\"user.x\":5}")]
    [InlineData("\"type\":\"file\"", "\"type\":\"file\",\"uid\":-1")]
    [InlineData("\"sha256\":\"e", "\"sha256\":\"E")]
    [InlineData("\"modified\":\"2", "\"modified\":\"x")]
    public void An_entry_that_says_something_senseless_is_refused(string part, string replacement)
    {
        string text = Expand("D .\nF a\n");
        Assert.Contains(part, text, StringComparison.Ordinal);
        int at = text.LastIndexOf(part, StringComparison.Ordinal);
        string forged = text[..at] + replacement + text[(at + part.Length)..];

        BackupException error = Assert.Throws<BackupException>(() => Read(Encoding.UTF8.GetBytes(forged)));
        Assert.Equal(ErrorId.SnapshotDamaged, error.Id);
    }

    [Fact]
    public void A_line_that_is_deep_or_endless_is_refused()
    {
        string deep = Expand("D .\n") + "{\"path\":\"a\",\"x\":" + new string('[', 100_000) + "\n";
        Assert.Equal(
            ErrorId.SnapshotDamaged, Assert.Throws<BackupException>(() => Read(Encoding.UTF8.GetBytes(deep))).Id);
        byte[] endless = new byte[40 * 1024 * 1024];
        endless.AsSpan().Fill((byte)' ');
        Assert.Equal(ErrorId.SnapshotDamaged, Assert.Throws<BackupException>(() => Read(endless)).Id);
    }

    [SkippableFact]
    public void Paths_are_ordered_as_their_components_are()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no names but Unicode.");
        Prop.ForAll(Paths().Two().ToArbitrary(), pair =>
        {
            (byte[][] left, byte[][] right) = pair;
            int expected = 0;
            for (int i = 0; expected == 0 && i < Math.Max(left.Length, right.Length); i++)
            {
                expected = i >= left.Length ? -1 : i >= right.Length ? 1 : left[i].AsSpan().SequenceCompareTo(right[i]);
            }

            TreePath leftPath = Join(left);
            TreePath rightPath = Join(right);
            Assert.Equal(Math.Sign(expected), Math.Sign(leftPath.CompareTo(rightPath)));
            Assert.Equal(expected == 0, leftPath.Equals(rightPath));
            Assert.Equal(left.Length, leftPath.Depth);
            Assert.Equal(left.Select(EntryNameOf), leftPath.Components());
            Assert.Equal(leftPath, left.Aggregate(TreePath.Root, (path, name) => path.Append(EntryNameOf(name))));
            Assert.True(left.Length == 0 || leftPath.Equals(leftPath.Parent.Append(leftPath.Name)));
        }).QuickCheckThrowOnFailure();
    }

    private static EntryName EntryNameOf(byte[] bytes) => EntryName.FromBytes(bytes);

    // "F a" for a file's line and so on.
    private static string Expand(string text) => string.Concat(text.Split('\n').Select((line, index) =>
    {
        string end = index < text.Count(c => c == '\n') ? "\n" : string.Empty;
        return line.Length == 0 || line[0] is '{' or 'n' ? line + end : "{\"path\":\"" + line[2..] + "\"," + line[0] switch
        {
            'F' => $"\"type\":\"file\",\"bytes\":0,\"sha256\":\"{Hash}\"",
            'D' => "\"type\":\"directory\"",
            _ => "\"type\":\"symlink\",\"target\":\"/etc\"",
        } + ",\"modified\":\"2026-11-21T03:42:18.000000000Z\"}" + end;
    }));

    private static void AssertRefusedOrHarmless(byte[] text)
    {
        List<ListingEntry> entries = [];
        try
        {
            foreach (ListingEntry entry in ListingReader.Read(new MemoryStream(text), "listing"))
            {
                entries.Add(entry);
            }
        }
        catch (BackupException e)
        {
            Assert.Equal(ErrorId.SnapshotDamaged, e.Id);
        }

        HashSet<TreePath> directories = [];
        for (int i = 0; i < entries.Count; i++)
        {
            TreePath path = entries[i].Path;
            Assert.Equal(i == 0, path.IsRoot);
            Assert.True(i == 0 || entries[i - 1].Path.CompareTo(path) < 0);
            Assert.True(path.IsRoot || directories.Contains(path.Parent));
            Assert.All(path.Components(), name => Assert.False(name.Bytes.SequenceEqual(".."u8) || name.Bytes.Contains((byte)'/') || name.Bytes.Contains((byte)0)));
            if (entries[i].Type == EntryType.Directory)
            {
                directories.Add(path);
            }
        }
    }

    private static List<ListingEntry> Read(byte[] text) => [.. ListingReader.Read(new MemoryStream(text), "listing")];

    private static byte[] Write(IEnumerable<ListingEntry> entries)
    {
        using ListingWriter writer = new();
        foreach (ListingEntry entry in entries)
        {
            writer.Add(entry);
        }

        return writer.Written.ToArray();
    }

    private static TreePath Join(byte[][] components)
    {
        byte[] bytes = components.Length == 0 ? "."u8.ToArray() : [.. components.SelectMany((name, index) => index == 0 ? name : [(byte)'/', .. name])];
        Assert.True(TreePath.TryCreate(bytes, out TreePath path));
        return path;
    }

    // Few different bytes, so that names meet: some below and some above the slash, and some that are no Unicode.
    private static Gen<byte[][]> Paths() =>
        Gen.Elements((byte)'a', (byte)'b', (byte)'.', (byte)'-', (byte)' ', (byte)'\n', (byte)'"', (byte)'\\', (byte)0x80, (byte)0xff)
            .ListOf()
            .Where(name => name.Count is > 0 and < 6 && !name.All(b => b == (byte)'.'))
            .Select(name => name.ToArray())
            .ListOf()
            .Select(path => path.Take(5).ToArray());

    private static Gen<List<ListingEntry>> Trees() =>
        from paths in Paths().ListOf()
        from kinds in Gen.Choose(0, 4).ListOf(200)
        from seconds in Gen.Choose(int.MinValue, int.MaxValue)
        select Build(paths, [.. kinds], seconds);

    private static List<ListingEntry> Build(IEnumerable<byte[][]> paths, int[] kinds, int seconds)
    {
        SortedDictionary<TreePath, bool> all = new() { [TreePath.Root] = true };
        foreach (TreePath path in paths.Select(Join))
        {
            all.TryAdd(path, false);
            for (TreePath parent = path; !parent.IsRoot;)
            {
                parent = parent.Parent;
                all[parent] = true;
            }
        }

        List<ListingEntry> entries = [];
        TreePath? firstFile = null;
        foreach ((TreePath path, bool isDirectory) in all)
        {
            int kind = isDirectory ? -1 : kinds[entries.Count % kinds.Length];
            EntryType type = kind switch { -1 or 0 => EntryType.Directory, 1 => EntryType.Symlink, _ => EntryType.File };
            TreePath? link = kind == 4 ? firstFile : null;
            bool isFirst = type == EntryType.File && link is null;
            firstFile = isFirst ? firstFile ?? path : firstFile;
            entries.Add(new ListingEntry
            {
                Path = path,
                Type = type,
                Bytes = type == EntryType.File ? Math.Abs((long)seconds) : 0,
                Sha256 = isFirst ? Hash : null,
                Modified = new Timestamp(seconds, entries.Count),
                Mode = kind + 0xffe,
                Uid = uint.MaxValue,
                Gid = (uint)entries.Count,
                Owner = "o\u00f6\"",
                Target = type == EntryType.Symlink ? path.Bytes.ToArray() : null,
                HardLink = link,
                ExtendedAttributes = kind == 3 ? [new("user.x", [0, 255]), new("user.y", [])] : [],
                Capture = kind == 2 ? CaptureMethod.Exact : null,
                CapturedAt = kind == 2 ? DateTime.UnixEpoch.AddSeconds(Math.Abs((long)seconds)) : null,
                Check = kind == 2 ? new SnapshotCheck("quick", CheckResult.Corrupt, "detail") : null,
                ChangedWhileRead = kind == 3,
            });
        }

        return entries;
    }
}
