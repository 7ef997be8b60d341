namespace BackupTools.Benchmarks;

/// <summary>One way to do a piece of work.</summary>
internal sealed record Contender(string Name, params IReadOnlyList<string>[] Commands)
{
    /// <summary>What has to stand before each run, unmeasured.</summary>
    public Action? Prepare { get; init; }

    /// <summary>What the work leaves behind; removed after each run.</summary>
    public IReadOnlyList<string> Leaves { get; init; } = [];

    /// <summary>The most that our time may be of this one's; nothing where the ratio is only told.</summary>
    public double? Target { get; init; }

    /// <summary>Why it cannot run here.</summary>
    public string? Missing { get; init; }
}

/// <summary>The same work, done by us and by others.</summary>
internal sealed record Comparison(string Work, string Place, Contender Ours, IReadOnlyList<Contender> Theirs)
{
    /// <summary>How many rounds for each that is asked for: more for work that takes milliseconds.</summary>
    public int RoundsFactor { get; init; } = 1;

    /// <summary>
    /// What both do before the work begins. It is measured beside them, and the ratio is of what either takes beyond it.
    /// </summary>
    public Contender? Beyond { get; init; }
}

/// <summary>All runs of one contender.</summary>
internal sealed record ContenderResult(Contender Contender, IReadOnlyList<Measurement> Runs)
{
    public double MedianSeconds => Statistics.Median(Runs.Select(r => r.Seconds));

    public Measurement Largest => Runs.MaxBy(r => r.PeakKilobytes)!;
}

internal sealed record ComparisonResult(Comparison Comparison, ContenderResult Ours, IReadOnlyList<ContenderResult> Theirs)
{
    public ContenderResult? Beyond { get; init; }

    /// <summary>
    /// Our time to another's, of both only what goes beyond <see cref="Beyond"/>: nothing where the whole of our work takes no
    /// longer than that.
    /// </summary>
    public double RatioTo(ContenderResult theirs)
    {
        double before = Beyond?.MedianSeconds ?? 0;
        double ours = Ours.MedianSeconds - before;
        return ours <= 0 ? 0 : ours / Math.Max(0, theirs.MedianSeconds - before);
    }
}

internal static class ComparisonRunner
{
    /// <summary>Runs all contenders in turn, round after round, so that a slow minute of the machine meets all of them.</summary>
    public static ComparisonResult Run(CommandRunner runner, Comparison comparison, int rounds, string place, TextWriter log)
    {
        Contender[] all = [comparison.Ours, .. comparison.Theirs, .. comparison.Beyond is { } beyond ? [beyond] : Array.Empty<Contender>()];
        Contender[] present = [.. all.Where(c => c.Missing is null)];
        Dictionary<Contender, List<Measurement>> runs = all.ToDictionary(c => c, _ => new List<Measurement>());
        for (int round = 0; round < rounds * comparison.RoundsFactor; round++)
        {
            for (int turn = 0; turn < present.Length; turn++)
            {
                // Each begins a round once, so that none always follows the same other.
                Contender contender = present[(turn + round) % present.Length];
                Measurement measurement = RunOnce(runner, contender, place);
                runs[contender].Add(measurement);
                if (comparison.RoundsFactor == 1)
                {
                    log.WriteLine($"  {comparison.Work}, {comparison.Place}, round {round + 1}: {contender.Name} {measurement.Seconds:0.00} s");
                }
            }
        }

        return new ComparisonResult(
            comparison,
            new ContenderResult(comparison.Ours, runs[comparison.Ours]),
            [.. comparison.Theirs.Select(c => new ContenderResult(c, runs[c]))])
        {
            Beyond = comparison.Beyond is { } before ? new ContenderResult(before, runs[before]) : null,
        };
    }

    public static Measurement RunOnce(CommandRunner runner, Contender contender, string place)
    {
        Prepare(runner, contender, place);
        Measurement measurement = runner.Measure(contender.Commands);
        CleanUp(runner, contender);
        return measurement;
    }

    public static void Prepare(CommandRunner runner, Contender contender, string place)
    {
        CleanUp(runner, contender);
        contender.Prepare?.Invoke();

        // What earlier runs left to be written is not this run's to wait for.
        runner.Run("sync", "-f", place);
    }

    public static void CleanUp(CommandRunner runner, Contender contender)
    {
        if (contender.Leaves.Count > 0)
        {
            runner.Run(["rm", "-rf", .. contender.Leaves]);
        }
    }
}
