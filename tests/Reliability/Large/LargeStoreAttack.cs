using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace BackupTools.Reliability.Large;

/// <summary>A store with ten thousand snapshots.</summary>
internal sealed class LargeStoreAttack : IAttack
{
    private const int Series = 10;
    private const int Kept = 5;
    private const int UserVersionOffset = 60;

    private static readonly DateTime s_first = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public string Name => "large-store";

    public IReadOnlyList<int> Invariants => [8, 11];

    // What sorts and chooses snapshots is in memory for all of them; new and prune hold their manifests, prune twice. Four
    // kilobytes for each are allowed.
    public void Run(AttackRun run) => LargeRun.AtTwoSizes(run, "snapshots", 10_000, "snapshots", 1, Measure, growth: 36);

    private static void Measure(LargeRun large, int count)
    {
        Fill(large, count);
        large.Step("list", done => Assert.Equal(count, Lines(done)), "list", "store", "--json");
        large.Step("list as text", done => Assert.InRange(Lines(done), count, count + 5), "list", "store");
        large.Step("list the newest", static done => Assert.Equal(Series, Lines(done)), "list", "store", "--latest", "1", "--json");
        large.Step(
            "verify",
            done => Assert.Equal(count, done.Objects.Count(static one => one.GetProperty("result").GetString() == "ok")),
            "verify",
            "store",
            "--json");
        int chosen = count / 2;
        large.Step(
            "restore",
            _ => Assert.Equal(
                chosen.ToString(CultureInfo.InvariantCulture), TestDatabase.Scalar(large["restored.db"], "PRAGMA user_version")),
            "restore",
            "store",
            "--to",
            "restored.db",
            "--name",
            SeriesName(chosen),
            "--as-of",
            Text(At(chosen).AddMinutes(1)));
        large.Step(
            "prune --dry-run",
            done =>
            {
                Assert.Equal(count, done.Objects.Count);
                Assert.Equal(Series * Kept, done.Objects.Count(static one => one.GetProperty("action").GetString() == "keep"));
            },
            "prune",
            "store",
            "--keep-last",
            Kept.ToString(CultureInfo.InvariantCulture),
            "--dry-run",
            "--json");
        large.Step("new", static _ => { }, "new", "app.db", "--to", "store", "--name", SeriesName(0), "--keep", "0");
        large.Step(
            "prune",
            _ => Assert.Equal(Series * Kept, Directory.EnumerateFiles(large["store"], "*.manifest.json").Count()),
            "prune",
            "store",
            "--keep-last",
            Kept.ToString(CultureInfo.InvariantCulture));
    }

    // Taken once, and copied with other names, times and contents: taking each would take an hour.
    private static void Fill(LargeRun large, int count)
    {
        TestDatabase.Execute(large["app.db"], "CREATE TABLE item(id INTEGER PRIMARY KEY)", "INSERT INTO item VALUES(1)");
        Command.Run(large.Path, "new", "app.db", "--to", "store", "--name", "taken").Expect(0);
        string manifestPath = Directory.GetFiles(large["store"], "*.manifest.json").Single();
        string payloadPath = Directory.GetFiles(large["store"], "*.db").Single();
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(manifestPath))!.AsObject();
        byte[] payload = File.ReadAllBytes(payloadPath);
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(UserVersionOffset), i);
            string stem = SeriesName(i) + At(i).ToString("-yyyy-MM-ddTHHmmss", CultureInfo.InvariantCulture) + "Z";
            manifest["id"] = Guid.CreateVersion7(At(i)).ToString();
            manifest["name"] = SeriesName(i);
            manifest["snapshot"] = stem + ".db";
            manifest["created_at"] = Text(At(i));
            manifest["sha256"] = Convert.ToHexStringLower(SHA256.HashData(payload));
            File.WriteAllBytes(large["store", stem + ".db"], payload);
            File.WriteAllText(large["store", stem + ".manifest.json"], manifest.ToJsonString());
        }

        File.Delete(manifestPath);
        File.Delete(payloadPath);
    }

    private static string SeriesName(int number) => string.Create(CultureInfo.InvariantCulture, $"series{number % Series}");

    private static DateTime At(int number) => s_first.AddHours(number);

    private static string Text(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static int Lines(CommandResult done) => done.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
