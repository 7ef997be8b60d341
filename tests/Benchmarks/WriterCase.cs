using System.Globalization;

namespace BackupTools.Benchmarks;

/// <summary>What a writer went through, all rounds together, while something else ran or nothing did.</summary>
internal sealed record WriterRow(string Place, string Beside, IReadOnlyList<WriterResult> Rounds);

/// <summary>Snapshots of a database that another process commits to meanwhile, and that process's view of it.</summary>
internal static class WriterCase
{
    public static (ComparisonResult Times, IReadOnlyList<WriterRow> Writers) Run(
        CommandRunner runner, Cases cases, Workbench bench, int rounds, TextWriter log)
    {
        string database = bench.Database;
        Contender ours = cases.New(bench, database);
        Contender theirs = cases.VacuumAndHash(bench, database, "sha256sum");
        List<Measurement> ourRuns = [];
        List<Measurement> theirRuns = [];
        List<WriterResult> alone = [];
        List<WriterResult> besideOurs = [];
        List<WriterResult> besideTheirs = [];
        for (int round = 0; round < rounds; round++)
        {
            (Measurement our, WriterResult ourWriter) = Beside(ours);
            ourRuns.Add(our);
            besideOurs.Add(ourWriter);

            // As long alone as with a snapshot, or the slowest commit of the longer time would be the slower one.
            (_, WriterResult aloneWriter) = Beside(
                new Contender("nothing", ["sleep", our.Seconds.ToString("0.000", CultureInfo.InvariantCulture)]));
            alone.Add(aloneWriter);

            if (theirs.Missing is null)
            {
                (Measurement their, WriterResult theirWriter) = Beside(theirs);
                theirRuns.Add(their);
                besideTheirs.Add(theirWriter);
            }

            log.WriteLine($"  writer, {bench.Name}, round {round + 1}: {our.Seconds:0.00} s, slowest commit {ourWriter.SlowestMilliseconds:0.0} ms");
        }

        Comparison comparison = new("new, database with a writer", bench.Name, ours, [theirs]);
        return (
            new ComparisonResult(comparison, new ContenderResult(ours, ourRuns), [new ContenderResult(theirs, theirRuns)]),
            [
                new WriterRow(bench.Name, "nothing", alone),
                new WriterRow(bench.Name, "backuptools new", besideOurs),
                new WriterRow(bench.Name, "VACUUM INTO + sha256sum", besideTheirs),
            ]);

        (Measurement Measurement, WriterResult Writer) Beside(Contender contender)
        {
            ComparisonRunner.Prepare(runner, contender, bench.Root);
            Measurement measurement;
            WriterResult result;
            using (Writer writer = new(database, bench.Rows))
            {
                measurement = runner.Measure(contender.Commands);
                result = writer.Stop();
            }

            ComparisonRunner.CleanUp(runner, contender);
            return (measurement, result);
        }
    }
}
