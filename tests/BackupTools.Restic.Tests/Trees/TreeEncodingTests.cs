using System.Diagnostics;
using System.Text;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Trees;

namespace BackupTools.Restic.Tests.Trees;

public class TreeEncodingTests
{
    // Everything that a file system allows and an encoder may trip over. What needs root or a program that is not there is
    // left out by the shell.
    private const string MakeSource = """
        set -e
        mkdir "$1"; cd "$1"
        for name in 'plain' 'with space' 'q"uote' "apo'strophe" 'back\slash' '<html>&amp;' 'ümläut ☃ 日本' '😀' 'a%b' '-rf'; do
          echo "$name" > "./$name"
        done
        for bytes in '\377invalid' 'cut\342\202' '\001\002\007\010\011\013\014\015\033\177' 'new\nline' '\302\240nbsp' \
            '\302\255soft hyphen' '\342\200\250line separator' '\357\277\275replacement' '\355\240\200surrogate' \
            '\364\217\277\277last' '\356\200\200private' 'e\314\201combining' '\342\200\213zero width'; do
          : > "$(printf "$bytes.")"
        done
        mkdir -p 'deep/er/est' empty; : > deep/er/est/file
        ln -s 'target with <&> "quotes" and \backslash' link; ln -s ../ümläut link2; ln -s /nowhere 'deep/link'
        ln plain hardlink; ln plain deep/hardlink
        mkfifo fifo
        chmod 4755 plain; chmod 1777 empty; chmod 2770 deep; chmod 0 'a%b'
        touch -d '1969-12-31 23:59:59.5 UTC' 'with space'; touch -d '2038-01-19 03:14:08.000000001 UTC' -- ./-rf
        touch -d '1901-12-14 00:00:00 UTC' 'q"uote'; touch -d '2400-02-29 12:00:00.120 UTC' '<html>&amp;'
        setfattr -n user.text -v 'value <&>' plain 2>/dev/null || :
        setfattr -n user.binary -v 0xff00fe plain 2>/dev/null || :
        setfattr -n user.empty deep 2>/dev/null || :
        mknod block b 7 200 2>/dev/null || :
        mknod char c 1 3 2>/dev/null || :
        chown 4000000000:12345 block 2>/dev/null || :
        """;

    [SkippableTheory]
    [InlineData("UTC")]
    [InlineData("America/St_Johns")]
    [InlineData("Asia/Kathmandu")]
    public void Every_tree_that_restic_wrote_is_written_again_the_same(string zone)
    {
        InstalledRestic.SkipWhereMissing();
        Skip.IfNot(OperatingSystem.IsLinux(), "names and nodes are made as on Linux");
        using RepositoryScene scene = new();
        using (Process shell = Process.Start("sh", ["-c", MakeSource, "sh", scene["source"]]))
        {
            shell.WaitForExit();
            Assert.Equal(0, shell.ExitCode);
        }

        scene.CreateWithRestic();
        scene.Restic.Run(["backup", scene["source"]], new() { ["TZ"] = zone });

        using LockedRepository open = scene.OpenLocked();
        List<TreeNode> nodes = [];
        foreach (ObjectId id in GetTrees(open.Repository))
        {
            byte[] blob = open.Repository.LoadBlob(BlobType.Tree, id);
            List<TreeNode> tree = [.. TreeReader.Read(blob)];
            TreeBuilder builder = new();
            tree.ForEach(builder.Add);
            Assert.Equal(AsToday(Encoding.UTF8.GetString(blob)), Encoding.UTF8.GetString(builder.Finish().Span));
            nodes.AddRange(tree);
        }

        Assert.Superset(
            new HashSet<string> { NodeTypes.File, NodeTypes.Directory, NodeTypes.Symlink, NodeTypes.Fifo },
            nodes.Select(n => n.Type).ToHashSet());
        Assert.Contains(nodes, n => n.Name.Span.SequenceEqual((byte[])[0xFF, .. "invalid."u8]));
        Assert.Contains(nodes, n => n.Name.Span.SequenceEqual("new\nline."u8));
        Assert.Contains(nodes, n => n.Name.Span.SequenceEqual((byte[])[0xED, 0xA0, 0x80, .. "surrogate."u8]));
        Assert.Contains(nodes, n => n.LinkTarget.Span.SequenceEqual("target with <&> \"quotes\" and \\backslash"u8));
        Assert.Contains(nodes, n => n.ModifiedAt is { UnixSeconds: -1, Nanoseconds: 500_000_000 });
        TreeNode plain = nodes.Single(n => n.Name.Span.SequenceEqual("plain"u8));
        Assert.Equal(3ul, plain.Links);
        Assert.Equal(0x9EDu, NodeMode.ToUnixPermissions(plain.Mode));
        Assert.All(nodes.Where(n => n.Type == NodeTypes.File), n => Assert.NotNull(n.Content));
        Assert.All(nodes.Where(n => n.Type == NodeTypes.Directory), n => Assert.NotNull(n.Subtree));
    }

    [SkippableFact]
    public void Every_character_in_a_name_is_written_as_restic_writes_it()
    {
        InstalledRestic.SkipBefore("0.17", "knowledge of Unicode 15");
        Skip.IfNot(OperatingSystem.IsLinux(), "names are made as on Linux");
        using RepositoryScene scene = new();
        Directory.CreateDirectory(scene["source"]);

        // Up to where nothing is assigned any more, so many in a name as fit.
        IEnumerable<Rune> all = Enumerable.Range(0x80, 0xE1000 - 0x80).Where(Rune.IsValid).Select(static value => new Rune(value));
        foreach (Rune[] runes in all.Chunk(63))
        {
            File.Create(scene["source", string.Concat(runes)]).Dispose();
        }

        scene.CreateWithRestic();
        scene.Restic.Run("backup", scene["source"]);
        using LockedRepository open = scene.OpenLocked();
        foreach (ObjectId id in GetTrees(open.Repository))
        {
            byte[] blob = open.Repository.LoadBlob(BlobType.Tree, id);
            TreeBuilder builder = new();
            TreeReader.Read(blob).ToList().ForEach(builder.Add);
            Assert.True(builder.Finish().Span.SequenceEqual(blob));
        }
    }

    [Theory]
    [InlineData("2006-01-02T15:04:05Z")]
    [InlineData("2006-01-02T15:04:05.999999999+07:00")]
    [InlineData("2006-01-02T15:04:05.1-03:30")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("0000-12-31T23:59:59.5-12:00")]
    [InlineData("1600-02-29T00:00:00.000000001Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public void Times_are_read_and_written_as_Go_writes_them(string text)
    {
        Assert.True(RepositoryTime.TryParse(Encoding.ASCII.GetBytes(text), out RepositoryTime time));

        Assert.Equal(text, time.ToString());
        if (!text.StartsWith("0000", StringComparison.Ordinal))
        {
            Assert.Equal(
                DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture).ToUniversalTime(),
                time.ToDateTime().AddTicks(time.Nanoseconds % 100 >= 50 ? 1 : 0));
        }
    }

    [Fact]
    public void A_time_beyond_what_the_text_can_tell_is_told_as_the_last_one()
    {
        Assert.Equal("9999-12-31T23:59:59.000000001Z", new RepositoryTime(long.MaxValue / 2, 1, 0).ToString());
        Assert.Equal("0000-01-01T00:00:00Z", new RepositoryTime(long.MinValue / 2, 0, 0).ToString());
    }

    [Fact]
    public void Characters_that_some_builds_of_restic_do_not_know_are_read_either_way()
    {
        // Of Unicode 14: restic 0.14 escapes it, later ones do not.
        const string escaped = """{"nodes":[{"name":"\\U0001fae0","type":"file"}]}""";

        TreeNode node = Assert.Single(TreeReader.Read(Encoding.UTF8.GetBytes(escaped)));

        Assert.Equal("\U0001FAE0", Encoding.UTF8.GetString(node.Name.Span));
        TreeBuilder builder = new();
        builder.Add(node);
        Assert.Contains("\U0001FAE0", Encoding.UTF8.GetString(builder.Finish().Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_target_that_is_no_UTF8_survives()
    {
        byte[] target = [0xFF, (byte)'/', 0xE2, 0x82];
        TreeBuilder builder = new();
        builder.Add(new TreeNode { Name = "link"u8.ToArray(), Type = NodeTypes.Symlink, LinkTarget = target });

        string json = Encoding.UTF8.GetString(builder.Finish().Span);

        Assert.Contains(@"""linktarget"":""\ufffd/\ufffd\ufffd"",""linktarget_raw"":""/y/igg==""", json, StringComparison.Ordinal);
        Assert.Equal(target, Assert.Single(TreeReader.Read(Encoding.UTF8.GetBytes(json))).LinkTarget.ToArray());
    }

    [Fact]
    public void Fields_of_newer_programs_are_passed_over_and_attributes_kept()
    {
        const string json = """
            {"version":3,"nodes":[{"name":"a","type":"file","x":{"y":[1,{}]},"mtime":"2006-01-02T15:04:05Z",
            "generic_attributes":{"windows.file_attributes":32},"content":[],"z":null}],"more":[[]]}
            """;

        TreeNode node = Assert.Single(TreeReader.Read(Encoding.UTF8.GetBytes(json)));

        Assert.Equal("{\"windows.file_attributes\":32}", Encoding.UTF8.GetString(node.GenericAttributes.Span));
        Assert.Empty(node.Content!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"nodes\":3}")]
    [InlineData("{\"nodes\":[3]}")]
    [InlineData("{\"nodes\":[{\"name\":\"a\\\\q\",\"type\":\"file\"}]}")]
    [InlineData("{\"nodes\":[{\"name\":\"a\",\"type\":\"file\",\"mtime\":\"yesterday\"}]}")]
    [InlineData("{\"nodes\":[{\"name\":\"a\",\"type\":\"file\",\"content\":[\"12\"]}]}")]
    [InlineData("{\"nodes\":[{\"name\":\"a\",\"type\":\"file\",\"size\":-1}]}")]
    [InlineData("{\"nodes\":[{\"name\":\"a\"")]
    public void What_is_no_tree_is_an_error(string json) =>
        Assert.Throws<RepositoryDataException>(() => TreeReader.Read(Encoding.UTF8.GetBytes(json)).Count());

    [Fact]
    public void Nodes_out_of_order_are_refused()
    {
        TreeBuilder builder = new();
        builder.Add(new TreeNode { Name = "b"u8.ToArray(), Type = NodeTypes.File });

        Assert.Throws<ArgumentException>(() => builder.Add(new TreeNode { Name = "a"u8.ToArray(), Type = NodeTypes.File }));
        Assert.Throws<ArgumentException>(() => builder.Add(new TreeNode { Name = "b"u8.ToArray(), Type = NodeTypes.File }));
    }

    // Builds of restic by a Go before 1.17, as 0.11's, tell the last of the control characters in another way.
    private static string AsToday(string tree) =>
        InstalledRestic.Format == 1 ? tree.Replace(@"\\u007f", @"\\x7f", StringComparison.Ordinal) : tree;

    private static List<ObjectId> GetTrees(Repository repository)
    {
        BlobTable table = repository.Index.Table;
        return
        [
            .. Enumerable.Range(0, table.Count).Select(table.GetBlob)
                .Where(b => b.Handle.Type == BlobType.Tree).Select(b => b.Handle.Id),
        ];
    }
}
