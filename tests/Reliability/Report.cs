using System.Globalization;
using System.Text;

namespace BackupTools.Reliability;

/// <summary>What came out, as Markdown.</summary>
internal static class Report
{
    /// <param name="runs">The attacks that were begun.</param>
    /// <param name="elapsed">How long they took together; some run beside others.</param>
    public static string Write(IReadOnlyCollection<AttackRun> runs, TimeSpan elapsed)
    {
        StringBuilder text = new();
        text.AppendLine("| attack | kind of case | cases | held | failed |");
        text.AppendLine("|---|---|---:|---:|---:|");
        foreach (AttackRun run in runs)
        {
            foreach (KindCount kind in run.Kinds)
            {
                Append(text, $"| {run.Attack.Name} | {kind.Kind} | {kind.Cases} | {kind.Held} | {kind.Failed} |");
            }
        }

        KindCount[] all = [.. runs.SelectMany(static run => run.Kinds)];
        Append(text, $"| all | | {all.Sum(k => k.Cases)} | {all.Sum(k => k.Held)} | {all.Sum(k => k.Failed)} |");
        if (runs.Count > 1)
        {
            AppendInvariants(text, runs);
        }

        text.AppendLine();
        Append(
            text,
            $"{elapsed.TotalSeconds:0} s, seed {runs.First().Seed}, scratch places in {Path.GetTempPath()}: {string.Join(", ", runs.Select(static run => $"{run.Attack.Name} {Took(run)}"))}");

        AppendList(text, "Figures", runs.SelectMany(run => run.Figures.Select(f => $"{run.Attack.Name}, {f.Kind}: {f.Text}")));
        AppendList(text, "Skipped", runs.SelectMany(run => run.Skips.Select(s => $"{run.Attack.Name}, {s.Kind}: {s.Text}")));
        foreach (AttackRun run in runs)
        {
            foreach (FailedCase failure in run.Failures)
            {
                text.AppendLine();
                text.AppendLine(Describe(run, failure));
            }
        }

        return text.ToString();
    }

    /// <summary>What came out of one attack, on one line.</summary>
    public static string Summarize(AttackRun run) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.Attack.Name}: {run.Kinds.Sum(static kind => kind.Cases)} cases, {run.Kinds.Sum(static kind => kind.Held)} held, " +
        $"{run.Kinds.Sum(static kind => kind.Failed)} failed, {Took(run)}");

    /// <summary>What was wrong in a case, and how to repeat it.</summary>
    public static string Describe(AttackRun run, FailedCase failure) =>
        $"FAILED {run.Attack.Name}, {failure.Kind}/{failure.Id}\n  repeat: {Repeat(run, failure)}\n  {failure.Problem.ReplaceLineEndings("\n  ")}";

    private static string Took(AttackRun run) =>
        string.Create(CultureInfo.InvariantCulture, $"{run.Elapsed.TotalSeconds:0} s{(run.IsDone ? string.Empty : " (not to its end)")}");

    // An attack counts for each invariant that it attacks: the table of docs/reliability.md.
    private static void AppendInvariants(StringBuilder text, IReadOnlyCollection<AttackRun> runs)
    {
        text.AppendLine();
        text.AppendLine("| invariant | attacked by | cases | held | failed |");
        text.AppendLine("|---:|---|---:|---:|---:|");
        foreach (int invariant in runs.SelectMany(static run => run.Attack.Invariants).Distinct().Order())
        {
            AttackRun[] those = [.. runs.Where(run => run.Attack.Invariants.Contains(invariant))];
            KindCount[] kinds = [.. those.SelectMany(static run => run.Kinds)];
            Append(
                text,
                $"| {invariant} | {string.Join(", ", those.Select(static run => run.Attack.Name))} | {kinds.Sum(k => k.Cases)} | {kinds.Sum(k => k.Held)} | {kinds.Sum(k => k.Failed)} |");
        }
    }

    /// <summary>The command that runs one failed case again.</summary>
    private static string Repeat(AttackRun run, FailedCase failure) => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run -c Release --project tests/Reliability -- {run.Attack.Name} --dose {run.Dose.ToString().ToLowerInvariant()} " +
        $"--seed {run.Seed} --case '{failure.Kind}/{failure.Id}'");

    private static void AppendList(StringBuilder text, string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length > 0)
        {
            text.AppendLine();
            text.AppendLine(title + ":");
            text.AppendLine();
            foreach (string line in all)
            {
                text.AppendLine("- " + line);
            }
        }
    }

    private static void Append(StringBuilder text, FormattableString line) =>
        text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
