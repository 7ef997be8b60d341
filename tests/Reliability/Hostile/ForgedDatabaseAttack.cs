using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Hostile;

/// <summary>
/// Alters databases and what stands beside them, and has them taken, alone and in a tree: the source stays as it is, and
/// what is made of a small file stays small.
/// </summary>
internal sealed class ForgedDatabaseAttack : IAttack
{
    private const double Share = 1.0 / 5;
    private const long MostBytes = 64 * 1024 * 1024;

    public string Name => "forged-databases";

    public IReadOnlyList<int> Invariants => [3, 7, 9, 11];

    public void Run(AttackRun run)
    {
        if (Arena.Obstacle is { } obstacle)
        {
            run.Skip("forged databases", obstacle);
            return;
        }

        using TemporaryDirectory made = new();
        foreach (string name in (string[])["closed", "rollback", "log", "journal"])
        {
            Directory.CreateDirectory(made[name]);
            File.WriteAllText(made[name, "other"], "other");
        }

        Materials.ClosedDatabase(made["closed", "app.db"], 300, "wal");
        Materials.ClosedDatabase(made["rollback", "app.db"], 300, "delete");
        Materials.DatabaseWithLog(made["log", "app.db"], 300);
        Materials.DatabaseWithHotJournal(made["journal", "app.db"], 3000);
        (string Kind, string Template, string Suffix)[] kinds =
        [
            ("a closed database's pages", "closed", ""),
            ("a database's pages", "rollback", ""),
            ("a log's frames", "log", "-wal"),
            ("shared memory", "log", "-shm"),
            ("a journal's records", "journal", "-journal"),
        ];
        foreach ((string kind, string template, string suffix) in kinds)
        {
            CaseSeries.Play(run, kind, (1, 20), Share, random => Attack(made[template], suffix, random));
        }
    }

    private static void Attack(string template, string suffix, Random random)
    {
        using Arena arena = new();
        arena.Take(template, "source");
        Directory.CreateDirectory(arena["store"]);
        string path = arena["source", "app.db" + suffix];
        File.WriteAllBytes(path, Mutation.Blocks(File.ReadAllBytes(path), random));
        TreeImage before = TreeImage.Of(arena["source"]);
        bool isTree = random.Next(2) == 0;
        string[] how = random.Next(3) == 0 ? ["--capture", "vacuum", "--check", "quick"] : [];
        int exitCode = arena.Run(["new", isTree ? "source" : "source/app.db", "--to", "store", .. how]).ExitCode;
        before.AssertSame(TreeImage.Of(arena["source"]), "the source");
        long bytes = new DirectoryInfo(arena["store"]).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);
        Assert.True(bytes < MostBytes, $"of a small database {bytes} bytes were made");
        string[] manifests = Directory.GetFiles(arena["store"], "*.manifest.json");
        Assert.Equal(exitCode == 1 ? 0 : 1, manifests.Length);
        if (exitCode != 1)
        {
            arena.Run("verify", "store", "--level", "rehearse");
        }

        if (isTree && exitCode != 1)
        {
            Assert.Single(Directory.GetFiles(arena["store"], "other", SearchOption.AllDirectories));
        }

        arena.AssertNothingElse("store", "source");
    }
}
