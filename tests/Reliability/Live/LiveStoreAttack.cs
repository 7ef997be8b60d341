using System.Globalization;
using System.Text.Json;

namespace BackupTools.Reliability.Live;

/// <summary>
/// Many runs in one store at once, while writers write: snapshots are taken, thinned out, listed, verified and restored.
/// Each run succeeds, and what it says holds, whatever the others do.
/// </summary>
internal sealed class LiveStoreAttack : IAttack
{
    public string Name => "live-store";

    public IReadOnlyList<int> Invariants => [1, 4, 8, 10];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        Attack(run, "runs at once in one store", isRepository: false);
        Attack(run, "runs at once in one repository", isRepository: true);
    }

    private static void Attack(AttackRun run, string kind, bool isRepository)
    {
        using LiveScene scene = new(run.Seed);
        string store = scene.MakeStore(isRepository);
        LiveDatabase wal = scene.Add("wal.db", "wal", LiveLoad.Rows(run) / 4, WriterHabit.Small, WriterHabit.Chores);
        LiveDatabase journalled = scene.Add("journalled.db", "delete", LiveLoad.Rows(run) / 4, WriterHabit.Small);
        if (run.Wants(kind))
        {
            scene.SnapshotDirectory(store);
        }

        LiveLoad.Run(run, scene, kind, number =>
        {
            Task[] others =
            [
                Task.Run(() => scene.SnapshotDatabase(wal, store)),
                Task.Run(() => scene.SnapshotDatabase(journalled, store)),
                Task.Run(() => scene.SnapshotDirectory(store)),
                Task.Run(() => Prune(scene, store)),
                Task.Run(() => Verify(scene, store)),
                Task.Run(() => List(scene, store)),
                Task.Run(() => Restore(scene, store, number)),
            ];
            Task.WhenAll(others).GetAwaiter().GetResult();
            scene.CheckNothingPartial(store);
        });
        scene.CheckStore(run, kind, store);
    }

    private static void Prune(LiveScene scene, string store) =>
        Command.Run(scene.Path, "prune", store, "--keep-last", "2").Expect(0);

    private static void Verify(LiveScene scene, string store)
    {
        IReadOnlyList<JsonElement> verified = Command.Run(scene.Path, "verify", store, "--level", "rehearse", "--json").Expect(0).Objects;
        Assert.All(verified, static one => Assert.Equal("ok", one.GetProperty("result").GetString()));
    }

    private static void List(LiveScene scene, string store)
    {
        IReadOnlyList<JsonElement> listed = Command.Run(scene.Path, "list", store, "--json").Expect(0).Objects;
        Assert.All(listed, static one => Assert.Equal("complete", one.GetProperty("state").GetString()));
    }

    private static void Restore(LiveScene scene, string store, int number)
    {
        string target = scene["again" + number.ToString(CultureInfo.InvariantCulture)];
        Command.Run(scene.Path, "restore", store, "--name", "source", "--to", target).Expect(0);
        foreach (LiveDatabase database in scene.Databases)
        {
            LedgerSchema.Check(Path.Join(target, Path.GetRelativePath(scene.Source, database.Path)));
        }

        Directory.Delete(target, recursive: true);
    }
}
