using System.Globalization;

namespace BackupTools.Reliability.Large;

/// <summary>A million tiny files; the tree is gone before it is restored, so that there are never three of it.</summary>
internal sealed class LargeTreeAttack : IAttack
{
    private const int PerDirectory = 100;

    public string Name => "large-tree";

    public IReadOnlyList<int> Invariants => [5, 9, 11];

    public void Run(AttackRun run) => LargeRun.AtTwoSizes(run, "files", 1_000_000, "files", 4, Measure);

    private static void Measure(LargeRun large, int count)
    {
        Make(large["tree"], count);
        large.Step("new", static _ => { }, "new", "tree", "--to", "store");
        large.Step("list", static done => Assert.Single(done.Objects), "list", "store", "--json");
        large.Step("verify", static done => Assert.Equal("ok", Assert.Single(done.Objects).GetProperty("result").GetString()), "verify", "store", "--json");
        large.Delete("tree");
        large.Step("restore", _ => Check(large["restored"], count), "restore", "store", "--to", "restored");
        large.Delete("restored");

        // A small one of the same series, so that pruning may remove the large one.
        Make(large["tree"], PerDirectory);
        large.Step("new, small", static _ => { }, "new", "tree", "--to", "store");
        large.Step(
            "prune",
            _ => Assert.Equal(3, Directory.EnumerateFileSystemEntries(large["store"]).Count(static path => Path.GetFileName(path)[0] != '.')),
            "prune",
            "store",
            "--keep-last",
            "1");
    }

    private static void Make(string root, int count) => Parallel.For(0, count / PerDirectory, directory =>
    {
        string path = Path.Join(root, Relative(directory));
        Directory.CreateDirectory(path);
        for (int i = 0; i < PerDirectory; i++)
        {
            File.WriteAllText(Path.Join(path, Leaf(i)), Content(directory, i));
        }
    });

    private static void Check(string root, int count)
    {
        Assert.Equal(count, Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Count());
        Parallel.For(0, count / PerDirectory, directory =>
        {
            string path = Path.Join(root, Relative(directory));
            for (int i = 0; i < PerDirectory; i++)
            {
                if (File.ReadAllText(Path.Join(path, Leaf(i))) != Content(directory, i))
                {
                    Assert.Fail($"'{Path.Join(path, Leaf(i))}' is not what it was.");
                }
            }
        });
    }

    private static string Relative(int directory) =>
        string.Create(CultureInfo.InvariantCulture, $"{directory / PerDirectory:0000}/{directory % PerDirectory:00}");

    private static string Leaf(int i) => string.Create(CultureInfo.InvariantCulture, $"leaf-{i:00}.txt");

    // Every fourth tells which one it is; the others are empty and take no room beyond their names, on tmpfs least of all.
    private static string Content(int directory, int i) =>
        i % 4 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{directory} {i}\n") : string.Empty;
}
