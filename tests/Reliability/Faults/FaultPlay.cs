using System.Collections.Concurrent;
using BackupTools.Reliability.Faults.Injection;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Faults;

/// <summary>Plays each scene with one fault at a time, at many of its calls.</summary>
internal static class FaultPlay
{
    private static readonly int s_workers = Math.Max(1, Math.Min(4, Environment.ProcessorCount));

    /// <summary>Plays one kind of fault through all scenes.</summary>
    /// <param name="run">Who counts.</param>
    /// <param name="fault">The fault; at which call is left open.</param>
    /// <param name="label">What it is called in the ids of cases, after the scene's name.</param>
    /// <param name="most">How many calls of a scene are struck at most; they are spread evenly.</param>
    public static void Strike(AttackRun run, Fault fault, string label, int most)
    {
        foreach (Func<Scene> make in AllScenes.Makers)
        {
            Scene scene = make();
            string kind = $"{scene.Name}: {label}";
            if ((WatchedProcess.Obstacle ?? scene.Obstacle) is { } obstacle)
            {
                run.Skip(kind, obstacle);
            }
            else if (run.Wants(kind))
            {
                int mostOfLong = run.Dose.Choose(2, fault.Kind == FaultKind.Kill ? int.MaxValue : 8, int.MaxValue);
                Strike(run, make, kind, fault, scene.IsLong ? Math.Min(most, mostOfLong) : most);
            }
        }
    }

    private static void Strike(AttackRun run, Func<Scene> make, string kind, Fault fault, int most)
    {
        int[] points = [];
        run.Prepare(kind, () =>
        {
            using Stage first = new(make());
            points = Spread.Over(1, first.Count(fault).Count, run.OnlyCase is null ? most : int.MaxValue);
        });

        ConcurrentQueue<int> left = new(points);
        Task[] workers = [.. Enumerable.Range(0, Math.Min(s_workers, points.Length)).Select(_ => Task.Factory.StartNew(
            () => run.Prepare(kind, () =>
            {
                using Stage stage = new(make());
                while (left.TryDequeue(out int point))
                {
                    Fault struck = fault with { At = point };
                    run.Case(kind, struck.ToString(), () => stage.Strike(struck));
                }
            }),
            run.Cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        Task.WaitAll(workers, CancellationToken.None);
    }
}
