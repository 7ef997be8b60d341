using System.Text;
using BackupTools.Core.FileSystem;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Reliability.Hostile;

/// <summary>
/// Makes trees of whatever names, kinds and modes there can be, has them taken and restored, and compares: what comes back
/// is what was there, but for what no backup keeps, and that is told.
/// </summary>
internal sealed class OddTreeAttack : IAttack
{
    private static readonly byte[][] s_names =
    [
        "manifest.json"u8.ToArray(), ".partial-x"u8.ToArray(), ".backuptools.lock"u8.ToArray(), "a.db"u8.ToArray(), "a.db-wal"u8.ToArray(),
        "a.db-journal"u8.ToArray(), "-rf"u8.ToArray(), "a\nb"u8.ToArray(), "a\"\\b"u8.ToArray(), [0xff, 0xfe], [0xc3, 0x28], "é"u8.ToArray(),
        "e\u0301"u8.ToArray(), "A"u8.ToArray(), "a"u8.ToArray(), " "u8.ToArray(), "con"u8.ToArray(), "%00"u8.ToArray(), "*?["u8.ToArray(),
        Encoding.ASCII.GetBytes(new string('n', 255)), "x.pre-restore"u8.ToArray(), "\u202e"u8.ToArray(),
    ];

    private static readonly Gen<byte[]> s_name = Gen.OneOf(
        Gen.Elements(s_names),
        Gen.ArrayOf(Gen.Choose(1, 255).Where(static b => b != '/').Select(static b => (byte)b))
            .Where(static name => name.Length is > 0 and < 256 && !name.All(static b => b == '.')));

    private static readonly Gen<Node> s_node =
        from name in s_name
        from kind in Gen.Choose(0, 11)
        from number in Gen.Choose(0, 511)
        select new Node(name, kind, number);

    private static readonly Gen<Node[]> s_tree = Gen.ArrayOf(s_node);

    public string Name => "odd-trees";

    public IReadOnlyList<int> Invariants => [3, 7, 9];

    public void Run(AttackRun run)
    {
        if (Arena.Obstacle is { } obstacle)
        {
            run.Skip("trees of whatever there can be", obstacle);
            return;
        }

        CaseSeries.Play(run, "trees of whatever there can be", (3, 15), 1, static random =>
        {
            ulong seed = (ulong)random.NextInt64();
            Node[] nodes = Gen.Sample(s_tree, 1, new Rnd(seed, seed | 1), 1 + random.Next(60)).Single();
            Attack(nodes);
        });
    }

    private static void Attack(Node[] nodes)
    {
        using Arena arena = new();
        Directory.CreateDirectory(arena["source"]);
        using (DirectoryHandle root = DirectoryHandle.Open(arena["source"]))
        {
            Make(root, nodes, 0);
        }

        string before = Describe(arena["source"]);
        arena.Run("new", "source", "--to", "store").Expect(0);
        Assert.Equal(before, Describe(arena["source"]));
        arena.Run("verify", "store", "--level", "rehearse").Expect(0);
        arena.Run("restore", "store", "--to", "target").Expect(0);
        Assert.Equal(WithoutPipes(before), WithoutPipes(Describe(arena["target"])));
        arena.AssertNothingElse("store", "source", "target");
    }

    // What cannot be made, such as a name twice, is not made.
    private static void Make(DirectoryHandle directory, Span<Node> nodes, int depth)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            Node node = nodes[i];
            EntryName name = EntryName.FromBytes(node.Name);
            if (directory.TryGetStatus(name, out _))
            {
                continue;
            }

            switch (node.Kind)
            {
                case 0 or 1 or 2 when depth < 8:
                    directory.CreateDirectory(name, 0x1ff);
                    using (DirectoryHandle below = directory.OpenDirectory(name))
                    {
                        int count = Math.Min(nodes.Length - i - 1, node.Number % 8);
                        Make(below, nodes.Slice(i + 1, count), depth + 1);
                        i += count;
                        below.SetMode(node.Number | 0x1c0);
                    }

                    break;
                case 3:
                    directory.CreateSymlink(name, "../outside/canary"u8);
                    break;
                case 4:
                    directory.CreateSymlink(name, node.Name);
                    break;
                case 5 when depth == 0 && !Path.Exists(Path.Join(directory.Path, "pipe")):
                    Tool.Run("mkfifo", [Path.Join(directory.Path, "pipe")]);
                    break;
                default:
                    using (FileHandle file = directory.CreateFile(name, node.Number))
                    {
                        byte[] content = new byte[node.Number % 7 == 0 ? node.Number * 997 : node.Number];
                        new System.Random(node.Number).NextBytes(content);
                        file.WriteAt(content, 0);
                    }

                    break;
            }
        }
    }

    // All that is to come back of a tree. The names as bytes are no matter: what is garbled is garbled alike.
    private static string Describe(string directory) => Tool.Run("sh", ["-c",
        """
        cd "$1" || exit 1
        find . -mindepth 1 \( -type d -printf '%P|d|%m\0' \) -o \( -type l -printf '%P|l|%l|%T@\0' \) -o \( -type f -printf '%P|f|%m|%s|%T@\0' \) -o -printf '%P|pipe\0' | LC_ALL=C sort -z | tr '\0' '\n'
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
        """, "sh", directory]);

    private static string WithoutPipes(string description) =>
        string.Join('\n', description.Split('\n').Where(static line => !line.EndsWith("|pipe", StringComparison.Ordinal)));

    /// <summary>An entry, as drawn.</summary>
    private sealed record Node(byte[] Name, int Kind, int Number);
}
