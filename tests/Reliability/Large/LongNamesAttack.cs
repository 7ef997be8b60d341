using System.Globalization;
using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Reliability.Large;

/// <summary>Names as long as the system takes them, and paths far longer than it takes in one piece.</summary>
internal sealed class LongNamesAttack : IAttack
{
    private const string Kind = "long names and paths";
    private const int LongestName = 255;

    private static readonly byte[][] s_fillings = ["x"u8.ToArray(), "é"u8.ToArray(), "\U0001F600"u8.ToArray(), [0xff], "-"u8.ToArray(), " "u8.ToArray()];

    public string Name => "long-names";

    public IReadOnlyList<int> Invariants => [7, 9, 11];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        Skip.If(OperatingSystem.IsWindows(), "Names are bytes on Unix alone.");
        foreach (int depth in run.Dose.Choose<int[]>([1, 20], [1, 15, 16, 17, 20, 100], [1, 15, 16, 17, 20, 100, 400]))
        {
            run.Case(Kind, string.Create(CultureInfo.InvariantCulture, $"{depth} directories deep"), () => Attack(depth));
        }
    }

    private static void Attack(int depth)
    {
        using TemporaryDirectory directory = new();
        TestDatabase.Execute(directory["app.db"], "CREATE TABLE item(id INTEGER PRIMARY KEY)", "INSERT INTO item VALUES(1)");
        Directory.CreateDirectory(directory["tree"]);
        using (DirectoryHandle root = DirectoryHandle.Open(directory["tree"]))
        {
            Make(root, depth, File.ReadAllBytes(directory["app.db"]));
        }

        string made = Describe(directory["tree"]);
        Command.Run(directory.Path, "new", "tree", "--to", "store").Expect(0);
        Assert.Single(Command.Run(directory.Path, "list", "store", "--json").Expect(0).Objects);
        string listing = Directory.GetFiles(directory["store"], "*.files.jsonl").Single();
        Assert.Equal(depth + 1, File.ReadLines(listing).Count(static line => line.Contains("\"capture\":\"exact\"", StringComparison.Ordinal)));
        Command.Run(directory.Path, "verify", "store", "--level", "rehearse").Expect(0);
        Command.Run(directory.Path, "restore", "store", "--to", "restored").Expect(0);
        Assert.Equal(made, Describe(directory["restored"]));

        // Onto what stands there, both ways: what is replaced is kept.
        Command.Run(directory.Path, "restore", "store", "--to", "restored", "--overlay").Expect(0);
        Assert.Equal(made, Describe(directory["restored"]));
        Command.Run(directory.Path, "restore", "store", "--to", "restored").Expect(0);
        Assert.Equal(made, Describe(directory["restored"]));
        File.WriteAllText(directory["tree", "one more"], "later");
        Command.Run(directory.Path, "new", "tree", "--to", "store", "--keep", "1").Expect(0);
        Assert.Single(Directory.GetDirectories(directory["store"]));
        Assert.Empty(Directory.GetFileSystemEntries(directory["store"], ".partial-*"));
    }

    private static void Make(DirectoryHandle directory, int depth, byte[] database)
    {
        foreach (byte[] filling in s_fillings)
        {
            using FileHandle file = directory.CreateFile(LongName((byte)'f', filling), 0x1a4);
            file.Write(filling == s_fillings[0] ? database : Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{depth} above the end")));
        }

        if (depth > 0)
        {
            EntryName name = LongName((byte)'d', s_fillings[depth % s_fillings.Length]);
            directory.CreateDirectory(name, 0x1ed);
            using DirectoryHandle next = directory.OpenDirectory(name);
            Make(next, depth - 1, database);
        }
    }

    private static EntryName LongName(byte first, byte[] filling)
    {
        byte[] name = new byte[LongestName];
        Array.Fill(name, first);
        for (int at = 1; at + filling.Length < LongestName; at += filling.Length)
        {
            filling.CopyTo(name, at);
        }

        return EntryName.FromBytes(name);
    }

    // Names, types, modes, owners, times and contents; tar goes from directory to directory, and so takes any path. The
    // first page of a database counts changes of the copy itself.
    private static string Describe(string path) => Tool.Run(
        "bash",
        [
            "-c",
            """
            set -o pipefail
            tar -C "$1" --sort=name --format=gnu --exclude='fx*' -cf - . | sha256sum &&
            find "$1" -name 'fx*' -printf '%f %m %U %G %T@\n' -execdir tail -c +4097 '{}' ';' | sha256sum
            """,
            "bash",
            path,
        ]);
}
