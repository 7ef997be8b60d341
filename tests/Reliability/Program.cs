using System.CommandLine;
using BackupTools.Benchmarks;

namespace BackupTools.Reliability;

/// <summary>Runs attacks by hand; <see cref="AttackTests"/> runs their small dose.</summary>
internal static class Program
{
    // As a shell tells the end by an interrupt.
    private const int Stopped = 130;

    private static int Main(string[] arguments)
    {
        if (arguments is [Live.LiveWriter.Command, .. var rest])
        {
            return Live.LiveWriter.Run(rest);
        }

        if (arguments is [MeasuringChild.Switch, .. var measured])
        {
            return MeasuringChild.Run(measured);
        }

        string[] names = [.. Attacks.All.Select(static attack => attack.Name)];
        Argument<string[]> chosen = new("ATTACK") { Description = "Which attacks: " + string.Join(", ", names) + "; all where none is named" };
        chosen.AcceptOnlyFromAmong(names);
        Option<Dose> dose = new("--dose") { Description = "How much of each", DefaultValueFactory = static _ => Dose.Bounded };
        Option<int?> seed = new("--seed") { Description = "What random choices begin with; another each time where none is given" };
        Option<string?> only = new("--case") { Description = "One case, as KIND/ID from a failure, or one KIND with all its cases" };
        Option<int> minutes = new("--minutes")
        {
            Description = "How long cases that are bounded by time alone run in the long dose",
            DefaultValueFactory = static _ => 30,
        };
        Option<string?> program = new("--backuptools") { Description = "An executable to attack, instead of one published from this source tree" };
        Option<string?> output = new("--output") { Description = "A file for the report, beside standard output; written after each attack" };
        RootCommand root = new("Attacks backuptools and counts what held. Exits with 1 where anything did not.")
        {
            chosen, dose, seed, only, minutes, program, output,
        };
        root.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string[] wanted = parsed.GetValue(chosen) is { Length: > 0 } some ? some : names;
                int start = parsed.GetValue(seed) ?? Random.Shared.Next();
                using TemporaryDirectory published = new();
                if (parsed.GetValue(program) is { } other)
                {
                    AttackedProgram.Use(other);
                }
                else if (parsed.GetValue(dose) != Dose.Small && parsed.GetValue(only) is null && AttackedProgram.Publish(published.Path) is { } obstacle)
                {
                    Console.Error.WriteLine($"The program as it was built is attacked: {obstacle}.");
                }

                AttackRun[] runs =
                [
                    .. Attacks.All.Where(attack => wanted.Contains(attack.Name)).Select(attack =>
                        new AttackRun(attack, parsed.GetValue(dose), start, cancellation)
                        {
                            OnlyCase = parsed.GetValue(only),
                            LongTime = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
                            OnFailure = AttackSeries.Tell,
                        }),
                ];
                Console.Out.Write(new AttackSeries(runs, parsed.GetValue(output)).Run());
                return cancellation.IsCancellationRequested ? Stopped
                    : Array.Exists(runs, static run => run.Failures.Count > 0) || !Array.Exists(runs, static run => run.Kinds.Count > 0) ? 1 : 0;
            },
            CancellationToken.None));
        return root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) })
            .GetAwaiter().GetResult();
    }
}
