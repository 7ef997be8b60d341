using System.Reflection;

namespace BackupTools.Reliability;

/// <summary>The small dose of every attack.</summary>
public sealed class AttackTests
{
    // Always the same choices: what fails in one run fails in the next.
    private const int Seed = 1;

    public static TheoryData<string> Names => [.. Attacks.All.Select(static attack => attack.Name)];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Every_case_of_the_small_dose_holds(string name)
    {
        AttackRun run = new(Attacks.All.Single(attack => attack.Name == name), Dose.Small, Seed, CancellationToken.None);
        run.Run();
        string report = Report.Write([run], run.Elapsed);
        File.AppendAllText(ReportPath(), report + "\n");
        Skip.If(run.Kinds.Count == 0 && run.Skips.Count > 0, string.Join("; ", run.Skips.Select(static skip => skip.Text)));
        Assert.NotEmpty(run.Kinds);
        Assert.True(run.Failures.Count == 0, report);
    }

    private static string ReportPath() => typeof(AttackTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static data => data.Key == "ReliabilityReport").Value!;
}
