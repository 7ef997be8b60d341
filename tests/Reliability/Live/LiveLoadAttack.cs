namespace BackupTools.Reliability.Live;

/// <summary>
/// Snapshots of databases, one after the other, while several processes write at full speed: small and large
/// transactions, checkpoints, vacuums, changes of the schema and of the journal mode, databases that are closed and
/// opened, or replaced, all the time.
/// </summary>
internal sealed class LiveLoadAttack : IAttack
{
    private static readonly WriterHabit[] s_all = [WriterHabit.Small, WriterHabit.Large, WriterHabit.Chores];

    // One writer alone shows what snapshots cost it: several wait for each other far longer.
    private static readonly (string Name, string JournalMode, WriterHabit[] Habits, Dose From)[] s_loads =
    [
        ("wal", "wal", s_all, Dose.Small),
        ("wal, one writer", "wal", [WriterHabit.Small], Dose.Bounded),
        ("wal, reopened", "wal", [WriterHabit.Reopen, WriterHabit.Reopen], Dose.Bounded),
        ("delete", "delete", s_all, Dose.Small),
        ("delete, one writer", "delete", [WriterHabit.Small], Dose.Bounded),
        ("delete, reopened", "delete", [WriterHabit.Reopen, WriterHabit.Reopen], Dose.Bounded),
        ("truncate", "truncate", s_all, Dose.Bounded),
        ("persist", "persist", s_all, Dose.Bounded),
        ("replaced", "delete", [WriterHabit.Replace], Dose.Small),
        ("replaced, wal", "wal", [WriterHabit.Replace], Dose.Bounded),
        ("journal mode switched", LiveDatabase.Switched, [WriterHabit.Switch], Dose.Bounded),
    ];

    public string Name => "live-load";

    public IReadOnlyList<int> Invariants => [3, 4];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        foreach ((string name, string journalMode, WriterHabit[] habits, Dose from) in s_loads)
        {
            if (run.Dose >= from)
            {
                Attack(run, "snapshot, " + name, journalMode, habits);
            }
        }

        AttackDirectory(run, "snapshot, directory", isRepository: false);
        Attack(run, "snapshot to a repository, wal", "wal", s_all, isRepository: true);
        if (run.Dose >= Dose.Bounded)
        {
            Attack(run, "snapshot to a repository, delete", "delete", s_all, isRepository: true);
            AttackDirectory(run, "snapshot to a repository, directory", isRepository: true);
            AttackTwice(run);
        }
    }

    private static void Attack(AttackRun run, string kind, string journalMode, WriterHabit[] habits, bool isRepository = false)
    {
        using LiveScene scene = new(run.Seed);
        LiveDatabase database = scene.Add("app.db", journalMode, LiveLoad.Rows(run), habits);
        string store = scene.MakeStore(isRepository);
        LiveLoad.Run(run, scene, kind, number =>
        {
            Random choices = LiveLoad.Choices(run, kind, number);
            scene.SnapshotDatabase(
                database,
                store,
                "--capture",
                choices.Next(4) == 0 ? "vacuum" : "exact",
                "--check",
                choices.Next(4) == 0 ? "full" : "quick");
        });
        scene.CheckStore(run, kind, store);
    }

    private static void AttackDirectory(AttackRun run, string kind, bool isRepository)
    {
        using LiveScene scene = new(run.Seed);
        int rows = LiveLoad.Rows(run) / 4;
        scene.Add("orders.db", "wal", rows, WriterHabit.Small, WriterHabit.Large);
        scene.Add("no-extension", "delete", rows, WriterHabit.Small, WriterHabit.Chores);
        scene.Add("cache/index.sqlite", "persist", rows, WriterHabit.Small);
        scene.Add("cache/closed.db", "wal", rows, WriterHabit.Reopen);
        string store = scene.MakeStore(isRepository);
        LiveLoad.Run(run, scene, kind, _ => scene.SnapshotDirectory(store));
        scene.CheckStore(run, kind, store);
    }

    private static void AttackTwice(AttackRun run)
    {
        using LiveScene scene = new(run.Seed);
        LiveDatabase wal = scene.Add("wal.db", "wal", LiveLoad.Rows(run) / 2, WriterHabit.Small, WriterHabit.Chores);
        LiveDatabase journalled = scene.Add("journalled.db", "delete", LiveLoad.Rows(run) / 2, WriterHabit.Small, WriterHabit.Large);
        LiveLoad.Run(run, scene, "snapshot, two at once", number =>
        {
            LiveDatabase database = number % 2 == 0 ? wal : journalled;
            Task other = Task.Run(() => scene.SnapshotDatabase(database, "store"));
            scene.SnapshotDatabase(database, "other-store");
            other.GetAwaiter().GetResult();
        });
    }
}
