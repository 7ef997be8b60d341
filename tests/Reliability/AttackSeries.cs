using System.Diagnostics;

namespace BackupTools.Reliability;

/// <summary>
/// Attacks, run by hand: each failure is told when it happens, what came of each attack when it is done, and the report is
/// written anew then, so that a series that is cut off leaves what it has.
/// </summary>
/// <param name="runs">The attacks, in the order of the report.</param>
/// <param name="file">A file for the report.</param>
internal sealed class AttackSeries(IReadOnlyList<AttackRun> runs, string? file)
{
    private readonly Lock _gate = new();
    private readonly HashSet<AttackRun> _begun = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Tells what was wrong in a case.</summary>
    public static void Tell(AttackRun run, FailedCase failure) => Console.Error.WriteLine(Report.Describe(run, failure));

    /// <summary>Runs them.</summary>
    /// <returns>The report.</returns>
    public string Run()
    {
        // What does one thing at a time leaves a core to the others.
        Task beside = Task.Factory.StartNew(
            () => RunAll(static attack => attack.IsSequential), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        RunAll(static attack => !attack.IsSequential);
        beside.GetAwaiter().GetResult();
        return Write();
    }

    private void RunAll(Predicate<IAttack> isWanted)
    {
        foreach (AttackRun run in runs.Where(run => isWanted(run.Attack) && !run.Cancellation.IsCancellationRequested))
        {
            lock (_gate)
            {
                _begun.Add(run);
            }

            try
            {
                run.Run();
            }
            catch (OperationCanceledException) when (run.Cancellation.IsCancellationRequested)
            {
                // What it has counted is told, and that it was stopped.
            }

            Console.Error.WriteLine(Report.Summarize(run));
            Write();
        }
    }

    private string Write()
    {
        lock (_gate)
        {
            string report = Report.Write([.. runs.Where(_begun.Contains)], Stopwatch.GetElapsedTime(_start));
            if (file is not null)
            {
                // Whoever reads it meanwhile reads the one or the other.
                File.WriteAllText(file + ".new", report);
                File.Move(file + ".new", file, overwrite: true);
            }

            return report;
        }
    }
}
