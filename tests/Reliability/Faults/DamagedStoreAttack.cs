using System.Text.Json;

namespace BackupTools.Reliability.Faults;

/// <summary>
/// Removes, empties, shortens and alters every file of a snapshot, one at a time: what is damaged is never called
/// sound, and never restored.
/// </summary>
internal sealed class DamagedStoreAttack : IAttack
{
    private const string Flipped = "a bit flipped";

    private static readonly (string Name, Action<string> Do)[] s_damages =
    [
        ("removed", File.Delete),
        ("emptied", static path => File.WriteAllBytes(path, [])),
        ("cut short", static path => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^2])),
        (Flipped, static path =>
        {
            byte[] content = File.ReadAllBytes(path);
            content[content.Length / 2] ^= 1;
            File.WriteAllBytes(path, content);
        }),
    ];

    public string Name => "damaged-store";

    public IReadOnlyList<int> Invariants => [1, 5, 9];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["source", "sub"]);
        File.WriteAllText(directory["source", "note"], "Welcome");
        File.WriteAllText(directory["source", "sub", "leaf"], "green");
        Command.Run(directory.Path, "new", "source", "--to", "sound").Expect(0);
        Directory.CreateDirectory(directory["target"]);
        File.WriteAllText(directory["target", "old"], "as it was");
        string[] files =
        [
            .. Directory.EnumerateFiles(directory["sound"], "*", SearchOption.AllDirectories)
                .Where(static path => Path.GetFileName(path) != ".backuptools.lock")
                .Select(path => Path.GetRelativePath(directory["sound"], path))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(4, files.Length);
        foreach (string file in files)
        {
            string role = file.EndsWith(".manifest.json", StringComparison.Ordinal) ? "manifest"
                : file.EndsWith(".files.jsonl", StringComparison.Ordinal) ? "listing"
                : Path.GetFileName(file);
            foreach ((string damage, Action<string> damageFile) in s_damages)
            {
                if (damage == Flipped && role == "manifest")
                {
                    // A manifest has no hash of itself: another word in its comment is another comment.
                    continue;
                }

                run.Case(damage, role, () => Attack(directory, file, damageFile));
            }
        }
    }

    private static void Attack(TemporaryDirectory directory, string file, Action<string> damage)
    {
        using TemporaryDirectory copy = new();
        Tool.Run("cp", ["-a", directory["sound"], copy["store"]]);
        damage(copy["store", file]);
        bool exists = Directory.EnumerateFiles(copy["store"], "*.manifest.json").Any();
        CommandResult listed = Command.Run(copy.Path, "list", "store", "--json").Expect(0);
        Assert.Equal(exists ? 1 : 0, listed.Objects.Count);
        if (exists)
        {
            JsonElement verified = Assert.Single(Command.Run(copy.Path, "verify", "store", "--json").Expect(4).Objects);
            Assert.Equal("failed", verified.GetProperty("result").GetString());
        }

        Command.Run(copy.Path, "restore", "store", "--to", directory["target"]).Expect(1);
        Assert.Equal(["old"], Directory.EnumerateFileSystemEntries(directory["target"]).Select(Path.GetFileName));
        Assert.Equal("as it was", File.ReadAllText(directory["target", "old"]));
    }
}
