using System.Reflection;

namespace BackupTools.Reliability;

/// <summary>The small dose of every attack. Those that do one thing at a time run beside the others.</summary>
public abstract class AttackTests
{
    // Always the same choices: what fails in one run fails in the next.
    private const int Seed = 1;

    private static readonly Lock s_report = new();

    private protected static void Run(string name)
    {
        AttackRun run = new(Attacks.All.Single(attack => attack.Name == name), Dose.Small, Seed, CancellationToken.None);
        run.Run();
        string report = Report.Write([run], run.Elapsed);
        lock (s_report)
        {
            File.AppendAllText(ReportPath(), report + "\n");
        }

        Skip.If(run.Kinds.Count == 0 && run.Skips.Count > 0, string.Join("; ", run.Skips.Select(static skip => skip.Text)));
        Assert.NotEmpty(run.Kinds);
        Assert.True(run.Failures.Count == 0, report);
    }

    private protected static TheoryData<string> NamesOf(Predicate<IAttack> isWanted) =>
        [.. Attacks.All.Where(attack => isWanted(attack)).Select(static attack => attack.Name)];

    private static string ReportPath() => typeof(AttackTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static data => data.Key == "ReliabilityReport").Value!;
}

/// <summary>Of attacks that fill the machine.</summary>
public sealed class ParallelAttackTests : AttackTests
{
    public static TheoryData<string> Names => NamesOf(static attack => !attack.IsSequential);

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Every_case_of_the_small_dose_holds(string name) => Run(name);
}

/// <summary>Of attacks that do one thing at a time.</summary>
public sealed class SequentialAttackTests : AttackTests
{
    public static TheoryData<string> Names => NamesOf(static attack => attack.IsSequential);

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Every_case_of_the_small_dose_holds(string name) => Run(name);
}
