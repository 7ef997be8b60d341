using System.Globalization;

namespace BackupTools.Reliability.Live;

/// <summary>
/// Writers killed in the middle of what they do, all of them or one among others that go on, and runs that take snapshots
/// killed beside writers: snapshots hold the last commit, and change nothing about what a killed writer left.
/// </summary>
internal sealed class LiveCrashAttack : IAttack
{
    private static readonly WriterHabit[] s_writers = [WriterHabit.Large, WriterHabit.Chores];

    public string Name => "live-crash";

    public IReadOnlyList<int> Invariants => [1, 2, 3, 4];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        string[] modes = run.Dose == Dose.Small ? ["wal", "delete"] : ["wal", "delete", "truncate", "persist"];
        foreach (string journalMode in modes)
        {
            KillAll(run, "all writers killed, " + journalMode, journalMode);
        }

        foreach (string journalMode in modes)
        {
            if (run.Dose != Dose.Small || journalMode != "wal")
            {
                KillOne(run, "a writer killed during the snapshot, " + journalMode, journalMode);
            }

            if (run.Dose != Dose.Small || journalMode == "wal")
            {
                KillSnapshots(run, "snapshots killed, " + journalMode, journalMode);
            }
        }
    }

    private static void KillAll(AttackRun run, string kind, string journalMode)
    {
        if (!run.Wants(kind))
        {
            return;
        }

        using LiveScene scene = new(run.Seed);
        LiveDatabase database = scene.Add("app.db", journalMode, 1_000, s_writers);
        int rounds = run.Dose.Choose(2, 6, 500);
        int unfinished = 0;
        for (int round = 0; round < rounds; round++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            Random choices = LiveLoad.Choices(run, kind, round);
            database.Start();
            database.WaitForCommits(database.Commits + choices.Next(1, 6), run.Cancellation);
            if (round % 2 == 0)
            {
                database.WaitForMidway(run.Cancellation);
            }

            database.Kill();
            run.Case(kind, round.ToString(CultureInfo.InvariantCulture), () =>
            {
                // Without the shared memory, as after a restart of the machine, SQLite has to read the whole log anew.
                if (choices.Next(2) == 0)
                {
                    File.Delete(database.Path + "-shm");
                }

                string before = Describe(scene.Source);
                unfinished += before.Contains(journalMode == "wal" ? "-wal" : "-journal", StringComparison.Ordinal) ? 1 : 0;
                scene.SnapshotDatabase(database, "store", "--capture", choices.Next(3) == 0 ? "vacuum" : "exact");
                Assert.Equal(before, Describe(scene.Source));
                scene.SnapshotDirectory("directories");
                Assert.Equal(before, Describe(scene.Source));
            });
        }

        run.Tell(kind, string.Create(
            CultureInfo.InvariantCulture, $"{rounds} kills, {unfinished} left a journal or a log behind; {database.Commits} commits"));
        database.Start();
        run.Case(kind, "end", scene.End);
    }

    private static void KillOne(AttackRun run, string kind, string journalMode)
    {
        using LiveScene scene = new(run.Seed);
        LiveDatabase database = scene.Add(
            "app.db", journalMode, LiveLoad.Rows(run), WriterHabit.Small, WriterHabit.Large, WriterHabit.Chores);
        int killed = 0;
        bool isRun = LiveLoad.Run(run, scene, kind, number =>
        {
            Random choices = LiveLoad.Choices(run, kind, number);
            Task snapshot = Task.Run(() => scene.SnapshotDatabase(database, "store"));
            do
            {
                database.Restart(choices.Next(3));
                killed++;
            }
            while (!snapshot.IsCompleted);
            snapshot.GetAwaiter().GetResult();
        });
        if (isRun)
        {
            run.Tell(kind, string.Create(CultureInfo.InvariantCulture, $"{killed} writers killed"));
        }
    }

    private static void KillSnapshots(AttackRun run, string kind, string journalMode)
    {
        using LiveScene scene = new(run.Seed);
        LiveDatabase database = scene.Add("app.db", journalMode, LiveLoad.Rows(run), WriterHabit.Small, WriterHabit.Large);
        int killed = 0;
        bool isRun = LiveLoad.Run(run, scene, kind, number =>
        {
            Random choices = LiveLoad.Choices(run, kind, number);
            killed += scene.KillSnapshot(database, "store", TimeSpan.FromMilliseconds(choices.Next(50, 250))) ? 1 : 0;
            scene.SnapshotDatabase(database, "store");
            scene.CheckNothingPartial("store");
        });
        if (isRun)
        {
            run.Tell(kind, string.Create(CultureInfo.InvariantCulture, $"{killed} runs killed before their end"));
        }
    }

    // Everything but the access time, and the content.
    private static string Describe(string directory) => Tool.Run(
        "sh",
        ["-c", "cd \"$1\" && stat --format='%n %i %u %g %a %h %s %y %z' . $(ls -A) && sha256sum $(ls -A)", "sh", directory]);
}
