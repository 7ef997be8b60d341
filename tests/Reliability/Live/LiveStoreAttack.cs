using System.Globalization;
using System.Text.Json;

namespace BackupTools.Reliability.Live;

/// <summary>
/// Many runs in one store at once, while writers write: snapshots are taken, thinned out, listed, verified and restored.
/// Each run succeeds, and what it says holds, whatever the others do.
/// </summary>
internal sealed class LiveStoreAttack : IAttack
{
    private const string Kind = "runs at once in one store";

    public string Name => "live-store";

    public IReadOnlyList<int> Invariants => [1, 4, 8, 10];

    public void Run(AttackRun run)
    {
        using LiveScene scene = new(run.Seed);
        LiveDatabase wal = scene.Add("wal.db", "wal", LiveLoad.Rows(run) / 4, WriterHabit.Small, WriterHabit.Chores);
        LiveDatabase journalled = scene.Add("journalled.db", "delete", LiveLoad.Rows(run) / 4, WriterHabit.Small);
        if (run.Wants(Kind))
        {
            scene.SnapshotDirectory("store");
        }

        LiveLoad.Run(run, scene, Kind, number =>
        {
            Task[] others =
            [
                Task.Run(() => scene.SnapshotDatabase(wal, "store")),
                Task.Run(() => scene.SnapshotDatabase(journalled, "store")),
                Task.Run(() => scene.SnapshotDirectory("store")),
                Task.Run(() => Prune(scene)),
                Task.Run(() => Verify(scene)),
                Task.Run(() => List(scene)),
                Task.Run(() => Restore(scene, number)),
            ];
            Task.WhenAll(others).GetAwaiter().GetResult();
            scene.CheckNothingPartial("store");
        });
    }

    private static void Prune(LiveScene scene) =>
        Command.Run(scene.Path, "prune", "store", "--keep-last", "2").Expect(0);

    private static void Verify(LiveScene scene)
    {
        IReadOnlyList<JsonElement> verified = Command.Run(scene.Path, "verify", "store", "--level", "rehearse", "--json").Expect(0).Objects;
        Assert.All(verified, static one => Assert.Equal("ok", one.GetProperty("result").GetString()));
    }

    private static void List(LiveScene scene)
    {
        IReadOnlyList<JsonElement> listed = Command.Run(scene.Path, "list", "store", "--json").Expect(0).Objects;
        Assert.All(listed, static one => Assert.Equal("complete", one.GetProperty("state").GetString()));
    }

    private static void Restore(LiveScene scene, int number)
    {
        string target = scene["again" + number.ToString(CultureInfo.InvariantCulture)];
        Command.Run(scene.Path, "restore", "store", "--name", "source", "--to", target).Expect(0);
        foreach (LiveDatabase database in scene.Databases)
        {
            LedgerSchema.Check(Path.Join(target, Path.GetRelativePath(scene.Source, database.Path)));
        }

        Directory.Delete(target, recursive: true);
    }
}
