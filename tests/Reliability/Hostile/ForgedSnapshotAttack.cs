using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Hostile;

/// <summary>
/// Alters manifests, listings and payloads of a store, with hashes made to fit, and has the store listed, verified,
/// restored and thinned out: nothing outside is read or changed, what is honest stays, a target is the old one or a new one.
/// </summary>
internal sealed class ForgedSnapshotAttack : IAttack
{
    private const double Share = 1.0 / 6;

    public string Name => "forged-snapshots";

    public IReadOnlyList<int> Invariants => [5, 7, 8, 9, 11];

    public void Run(AttackRun run)
    {
        if (Arena.Obstacle is { } obstacle)
        {
            run.Skip("forged snapshots", obstacle);
            return;
        }

        using TemporaryDirectory made = new();
        string store = MakeStore(made);
        (string Kind, Func<Arena, Random, string> Forge)[] kinds =
        [
            ("a manifest's bytes", static (arena, random) => RewriteManifest(arena, random, Mutation.Bytes)),
            ("a manifest's fields", static (arena, random) => RewriteManifest(arena, random, Mutation.Fields)),
            ("a listing's bytes", static (arena, random) => RewriteListing(arena, random, Mutation.Bytes)),
            ("a listing's lines", static (arena, random) => RewriteListing(arena, random, Mutation.Lines)),
            ("a database payload's pages", RewriteDatabase),
            ("a payload tree's entries", SwapEntries),
        ];
        foreach ((string kind, Func<Arena, Random, string> forge) in kinds)
        {
            CaseSeries.Play(run, kind, (1, 20), Share, random => Attack(store, forge, random));
        }
    }

    private static string MakeStore(TemporaryDirectory made)
    {
        Directory.CreateDirectory(made["honest"]);
        File.WriteAllText(made["honest", "note"], "Welcome");
        Directory.CreateDirectory(made["forged", "sub"]);
        File.WriteAllText(made["forged", "one"], "1");
        File.WriteAllText(made["forged", "sub", "two"], "22");
        File.CreateSymbolicLink(made["forged", "link"], "one");
        Tool.Run("ln", [made["forged", "one"], made["forged", "sub", "again"]]);
        Materials.ClosedDatabase(made["forged", "part.db"], 50, "delete");
        Materials.ClosedDatabase(made["base.db"], 200, "wal");
        Command.Run(made.Path, "new", "honest", "forged", "base.db", "--to", "store").Expect(0);
        return made["store"];
    }

    private static void Attack(string template, Func<Arena, Random, string> forge, Random random)
    {
        using Arena arena = new();
        arena.Take(template, "store");
        TreeImage honest = Honest(arena);
        string manifest = forge(arena, random);
        bool isTree = Path.GetFileName(manifest).StartsWith("forged-", StringComparison.Ordinal);
        TreeImage forged = TreeImage.Of(arena["store"]);
        if (isTree)
        {
            Directory.CreateDirectory(arena["target"]);
            File.WriteAllText(arena["target", "old"], "as it was");
        }

        TreeImage old = TreeImage.Of(arena["target"]);
        arena.Run("verify", "store", "--level", random.Next(2) == 0 ? "rehearse" : "hash", "--json");
        switch (random.Next(4))
        {
            case 0:
                arena.Run("list", "store", "--json");
                forged.AssertSame(TreeImage.Of(arena["store"]), "the store");
                break;
            case 1:
                arena.Run("prune", "store", "--keep-last", "1");
                break;
            default:
                Restore(arena, manifest, old, isTree, random);
                forged.AssertSame(TreeImage.Of(arena["store"]), "the store");
                break;
        }

        honest.AssertSame(Honest(arena), "the honest snapshot");
        arena.AssertNothingElse("store", "target");
    }

    private static void Restore(Arena arena, string manifest, TreeImage old, bool isTree, Random random)
    {
        string[] overlay = isTree && random.Next(3) == 0 ? ["--overlay"] : [];
        int exitCode = arena.Run(["restore", manifest, "--to", "target", .. overlay]).ExitCode;
        if (exitCode is not (0 or 3))
        {
            Assert.Equal(isTree, Path.Exists(arena["target"]));
            old.AssertSame(TreeImage.Of(arena["target"]), "the target of a restore that failed");
        }
        else if (isTree)
        {
            Assert.Equal("as it was", File.ReadAllText(Assert.Single(Directory.EnumerateFiles(arena.Path, "old", SearchOption.AllDirectories))));
        }
    }

    private static TreeImage Honest(Arena arena) => TreeImage.Of(arena["store"])
        .Select(static path => path.StartsWith("honest-", StringComparison.Ordinal) ? path : null);

    private static string Find(Arena arena, string pattern) => Directory.EnumerateFileSystemEntries(arena["store"], pattern).Single();

    private static void Rewrite(string path, Random random, Func<byte[], Random, byte[]> mutate) =>
        File.WriteAllBytes(path, mutate(File.ReadAllBytes(path), random));

    private static string RewriteManifest(Arena arena, Random random, Func<byte[], Random, byte[]> mutate)
    {
        string manifest = Find(arena, (random.Next(2) == 0 ? "forged" : "base") + "-*.manifest.json");
        Rewrite(manifest, random, mutate);
        return manifest;
    }

    private static string RewriteListing(Arena arena, Random random, Func<byte[], Random, byte[]> mutate)
    {
        string listing = Find(arena, "forged-*.files.jsonl");
        Rewrite(listing, random, mutate);
        return Fit(Find(arena, "forged-*.manifest.json"), listing);
    }

    private static string RewriteDatabase(Arena arena, Random random)
    {
        string payload = Find(arena, "base-*.db");
        Rewrite(payload, random, Mutation.Blocks);
        return Fit(Find(arena, "base-*.manifest.json"), payload);
    }

    // A hash that fits: what is checked behind it is to be reached.
    private static string Fit(string manifest, string hashed)
    {
        JsonObject content = JsonNode.Parse(File.ReadAllBytes(manifest))!.AsObject();
        byte[] bytes = File.ReadAllBytes(hashed);
        content["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (content["kind"]!.GetValue<string>() == "sqlite")
        {
            content["bytes"] = bytes.Length;
        }

        File.WriteAllText(manifest, content.ToJsonString());
        return manifest;
    }

    private static string SwapEntries(Arena arena, Random random)
    {
        string payload = Directory.EnumerateDirectories(arena["store"], "forged-*").Single();
        string[] names = ["one", "sub", "sub/two", "sub/again", "link", "part.db", "part.db-wal", "part.db-journal", "new", "."];
        for (int left = random.Next(1, 4); left > 0; left--)
        {
            string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Join(payload, names[random.Next(names.Length)])));
            string parent = Path.GetDirectoryName(path)!;
            if (!IsDirectory(payload) || !IsDirectory(parent))
            {
                // Swapped already: below it lies what is not to be touched.
                continue;
            }

            Tool.Run("rm", ["-rf", path]);

            switch (random.Next(5))
            {
                case 0:
                    File.CreateSymbolicLink(path, arena["outside", "canary"]);
                    break;
                case 1:
                    File.CreateSymbolicLink(path, arena["outside"]);
                    break;
                case 2:
                    Tool.Run("mkfifo", [path]);
                    break;
                case 3:
                    Directory.CreateDirectory(path);
                    break;
                default:
                    Tool.Run("ln", ["-s", path, path]);
                    break;
            }
        }

        return Find(arena, "forged-*.manifest.json");
    }

    private static bool IsDirectory(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };
}
