using System.Collections.Concurrent;
using BackupTools.Reliability.Faults.Injection;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Faults;

/// <summary>One kind of fault, and how often it strikes.</summary>
/// <param name="Fault">The fault; at which call is left open.</param>
/// <param name="Label">What it is called in the ids of cases, after the scene's name.</param>
/// <param name="Most">How many calls of a scene are struck at most; they are spread evenly.</param>
/// <param name="MostOfLong">The same for scenes that take long.</param>
internal sealed record FaultPlan(Fault Fault, string Label, int Most, int MostOfLong);

/// <summary>Plays each scene with one fault at a time, at many of its calls.</summary>
internal static class FaultPlay
{
    // A second stage for one scene is worth building for so many cases.
    private const int WorthAStage = 12;

    /// <summary>Plays the plans through all scenes, several at once: whatever a case counts is of its own process.</summary>
    public static void Strike(AttackRun run, IReadOnlyList<FaultPlan> plans)
    {
        List<Work> works = [];
        foreach (Func<Scene> make in AllScenes.For(run))
        {
            Scene scene = make();
            string? obstacle = WatchedProcess.Obstacle ?? scene.Obstacle;
            FaultPlan[] wanted = [.. plans.Where(plan => (scene.IsLong ? plan.MostOfLong : plan.Most) > 0 && run.Wants(Kind(scene, plan)))];
            if (obstacle is not null)
            {
                Array.ForEach(wanted, plan => run.Skip(Kind(scene, plan), obstacle));
            }
            else if (wanted.Length > 0)
            {
                works.Add(new Work(make, scene, wanted));
            }
        }

        Lock gate = new();
        Workers.Run(run, () =>
        {
            while (Next(works, gate) is { } work)
            {
                work.Play(run);
            }
        });
    }

    // A scene that nobody has begun, those that take longest first; then the one with the most left to do.
    private static Work? Next(List<Work> works, Lock gate)
    {
        lock (gate)
        {
            Work? next = works.Where(static work => work.Workers == 0).OrderByDescending(static work => work.Scene.IsLong).FirstOrDefault()
                ?? works.Where(static work => work.Left / (work.Workers + 1) >= WorthAStage).MaxBy(static work => work.Left / (work.Workers + 1));
            if (next is not null)
            {
                next.Workers++;
            }

            return next;
        }
    }

    private static string Kind(Scene scene, FaultPlan plan) => $"{scene.Name}: {plan.Label}";

    /// <summary>All that is to be done with one scene.</summary>
    private sealed class Work(Func<Scene> make, Scene scene, FaultPlan[] plans)
    {
        private readonly Lock _gate = new();
        private ConcurrentQueue<(string Kind, Fault Fault)>? _cases;

        public Scene Scene => scene;

        /// <summary>How many have taken part.</summary>
        public int Workers { get; set; }

        /// <summary>How many cases nobody has begun; none as long as nobody knows.</summary>
        public int Left => _cases?.Count ?? 0;

        public void Play(AttackRun run) => run.Prepare(Kind(scene, plans[0]), () =>
        {
            using Stage stage = new(make());
            lock (_gate)
            {
                _cases ??= new(plans.SelectMany(plan => Cases(run, plan, stage)));
            }

            while (_cases.TryDequeue(out (string Kind, Fault Fault) next))
            {
                run.Case(next.Kind, next.Fault.ToString(), () => stage.Strike(next.Fault));
            }
        });

        private IEnumerable<(string Kind, Fault Fault)> Cases(AttackRun run, FaultPlan plan, Stage stage)
        {
            string kind = Kind(scene, plan);
            FileCall[] calls = [.. stage.Calls.Where(call => plan.Fault.Strikes(call.Traits))];
            bool isEach = run.OnlyCase is not null || run.Dose == Dose.Long;
            int[] worth = isEach ? [.. Enumerable.Range(0, calls.Length)] : WorthStriking(calls);
            int most = run.OnlyCase is null ? scene.IsLong ? plan.MostOfLong : plan.Most : int.MaxValue;
            return Spread.Over(0, worth.Length - 1, most)
                .Select(chosen => (kind, plan.Fault with { At = worth[chosen] + 1 }))
                .Where(one => run.Wants(kind, one.Item2.ToString()));
        }

        private int[] WorthStriking(FileCall[] calls)
        {
            int[] alike = [.. Enumerable.Range(0, calls.Length).Where(i => scene.IsOneOfMany(calls[i]))];
            IEnumerable<int> left = alike.Except(Spread.Over(0, alike.Length - 1, 3).Select(i => alike[i]));
            return [.. Enumerable.Range(0, calls.Length).Except(left)];
        }
    }
}
