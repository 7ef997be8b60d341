using System.Globalization;
using System.Text.Json.Nodes;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Hostile;

/// <summary>
/// Stores that a clock which ran ahead has filled: what is dated in the future is neither removed nor restored unasked, and
/// runs go on beside it.
/// </summary>
internal sealed class ClockAttack : IAttack
{
    public string Name => "clocks";

    public IReadOnlyList<int> Invariants => [1, 5, 8, 9];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        if (Arena.Obstacle is { } obstacle)
        {
            run.Skip("a clock set back", obstacle);
            return;
        }

        foreach (string ahead in (string[])["1 minute", "1 day", "40 years"])
        {
            run.Case("a clock set back", ahead, () => SetBack(ahead));
        }
    }

    private static void SetBack(string ahead)
    {
        using Arena arena = new();
        Directory.CreateDirectory(arena["source"]);
        File.WriteAllText(arena["source", "note"], "then");
        arena.Run("new", "source", "--to", "store").Expect(0);
        MoveAhead(arena["store"], ahead);
        TreeImage future = TreeImage.Of(arena["store"]).Select(static path => path == ".backuptools.lock" ? null : path);

        for (int i = 0; i < 3; i++)
        {
            File.WriteAllText(arena["source", "note"], string.Create(CultureInfo.InvariantCulture, $"now {i}"));
            arena.Run("new", "source", "--to", "store", "--keep", "1").Expect(0);
        }

        arena.Run("prune", "store", "--keep-last", "1").Expect(0);
        Assert.Equal(2, Directory.GetFiles(arena["store"], "*.manifest.json").Length);
        TreeImage left = TreeImage.Of(arena["store"]).Select(path => future.Paths.Contains(path) ? path : null);
        future.AssertSame(left, "what is dated in the future");
        CommandResult restored = arena.Run("restore", "store", "--to", "target").Expect(0);
        Assert.Contains("future", restored.Error, StringComparison.Ordinal);
        Assert.Equal("now 2", File.ReadAllText(arena["target", "note"]));
    }

    // As if the run that made it had read such a clock.
    private static void MoveAhead(string store, string ahead)
    {
        string manifest = Directory.GetFiles(store, "*.manifest.json").Single();
        JsonObject content = JsonNode.Parse(File.ReadAllBytes(manifest))!.AsObject();
        DateTime made = DateTime.Parse(content["created_at"]!.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        string[] parts = ahead.Split(' ');
        int number = int.Parse(parts[0], CultureInfo.InvariantCulture);
        DateTime then = parts[1][0] switch
        {
            'm' => made.AddMinutes(number + 10),
            'd' => made.AddDays(number),
            _ => made.AddYears(number),
        };
        content["created_at"] = then.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string oldStem = Path.GetFileName(manifest)[..^".manifest.json".Length];
        string newStem = "source-" + then.ToString("yyyy-MM-dd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        content["snapshot"] = newStem;
        content["listing"] = newStem + ".files.jsonl";
        File.Delete(manifest);
        Directory.Move(Path.Join(store, oldStem), Path.Join(store, newStem));
        File.Move(Path.Join(store, oldStem + ".files.jsonl"), Path.Join(store, newStem + ".files.jsonl"));
        File.WriteAllText(Path.Join(store, newStem + ".manifest.json"), content.ToJsonString());
    }
}
