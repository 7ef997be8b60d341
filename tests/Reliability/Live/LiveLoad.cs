using System.Diagnostics;
using System.Globalization;

namespace BackupTools.Reliability.Live;

/// <summary>Cases one after the other while writers are at work, for a time, and what writers noted meanwhile.</summary>
internal static class LiveLoad
{
    /// <summary>How many loads there are at most: a long run's time is shared among them.</summary>
    private const int Loads = 24;

    /// <summary>Rows of a kilobyte that a database begins with.</summary>
    public static int Rows(AttackRun run) => run.Dose.Choose(1_000, 4_000, 100_000);

    /// <summary>Choices of one case, the same for the same seed.</summary>
    public static Random Choices(AttackRun run, string name, int number)
    {
        int seed = name.Aggregate(run.Seed, static (hash, letter) => unchecked((hash * 397) ^ letter));
        return new Random(unchecked((seed * 397) ^ number));
    }

    /// <summary>Runs cases while the scene's writers write, and ends the writers.</summary>
    /// <param name="run">Where cases are counted.</param>
    /// <param name="scene">Databases whose writers do not run yet.</param>
    /// <param name="kind">The kind of the cases.</param>
    /// <param name="attack">A case, by its number.</param>
    /// <returns>Whether anything was to be run.</returns>
    public static bool Run(AttackRun run, LiveScene scene, string kind, Action<int> attack)
    {
        if (!run.Wants(kind) && !run.Wants("writers beside: " + kind))
        {
            return false;
        }

        TimeSpan time = run.Dose.Choose(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(1), run.LongTime / Loads);
        foreach (LiveDatabase database in scene.Databases)
        {
            database.Start();
        }

        // As long alone as with snapshots, or the slowest commit of the longer time would be the slower one.
        run.Cancellation.WaitHandle.WaitOne(time);
        foreach (LiveDatabase database in scene.Databases)
        {
            database.IsBeside = true;
        }

        // One that is to be repeated is repeated all the time: when the writers come by is not decided by the seed.
        int? only = Only(run, kind);
        Stopwatch clock = Stopwatch.StartNew();
        for (int count = 0; count < 2 || clock.Elapsed < time; count++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            int number = only ?? count;
            run.Case(kind, number.ToString(CultureInfo.InvariantCulture), () => attack(number));
        }

        run.Case("writers beside: " + kind, "all", scene.End);
        foreach (LiveDatabase database in scene.Databases)
        {
            run.Tell(kind, Describe(scene, database));
        }

        return true;
    }

    private static int? Only(AttackRun run, string kind) =>
        run.OnlyCase is { } only && only != kind && run.Wants(kind) && int.TryParse(only[(kind.Length + 1)..], CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    private static string Describe(LiveScene scene, LiveDatabase database)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(database.Path)}: {scene.Snapshots} snapshots (slowest {scene.Slowest.TotalSeconds:0.0} s) beside {database.Total(Entry.CommitsBeside)} commits " +
            $"({database.Total(Entry.CommitsAlone)} without), {database.Total(Entry.Chores)} chores, {database.Total(Entry.Failures)} failures; " +
            $"slowest small commit {database.First(Entry.SlowestBeside) / 1000.0:0.0} ms ({database.First(Entry.SlowestAlone) / 1000.0:0.0} without)");
        if (database.Largest(Entry.LogAlone) + database.Largest(Entry.LogBeside) > 0)
        {
            text += string.Create(
                CultureInfo.InvariantCulture,
                $"; largest log {database.Largest(Entry.LogBeside) / 1048576.0:0.0} MiB ({database.Largest(Entry.LogAlone) / 1048576.0:0.0} without)");
        }

        if (database.Total(Entry.PutOff) > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; {database.Total(Entry.PutOff)} switches put off by SQLite");
        }

        if (scene.LockedMs is { } locked)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; longest locked_ms {locked}");
        }

        return text;
    }
}
