using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace BackupTools.Benchmarks;

/// <summary>Peak memory of one of our commands at one number of files.</summary>
internal sealed record MemoryRow(string Work, int Files, Measurement Measurement);

/// <summary>The results as Markdown.</summary>
internal sealed class Report
{
    private const long PeakTarget = 200;

    private readonly StringBuilder _text = new();
    private readonly List<(string Work, string Place, string Reason)> _skipped = [];

    public override string ToString() => _text.ToString();

    public void WriteHead(Options options, Tools tools)
    {
        Line($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors, "
            + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30)} GiB of memory; .NET {Environment.Version}; "
            + string.Join("; ", tools.Version("sqlite3", "--version"), tools.Version("restic", "version"), tools.Version("rsync", "--version")) + ".");
        foreach ((string name, string path) in options.Places)
        {
            Line($"- {name}: {new DriveInfo(path).DriveFormat}");
        }

        Line($"- {options.Rounds} rounds, interleaved; page cache warm; a database of {options.DatabaseMegabytes} MiB, "
            + $"{options.Files} small files, {options.LargeFiles} large files of {options.LargeFileMegabytes} MiB");
        Line("");
        Line("Times are medians of wall time in seconds (smallest to largest); the ratio is ours to theirs.");
    }

    public void Skip(string work, string place, string reason) => _skipped.Add((work, place, reason));

    public void WriteTimes(IReadOnlyList<ComparisonResult> results)
    {
        if (results.Count + _skipped.Count == 0)
        {
            return;
        }

        Line("");
        Line("| work | place | ours | against | theirs | ratio | to reach | reached | our peak MB | their peak MB |");
        Line("|---|---|---|---|---|---|---|---|---|---|");
        foreach (ComparisonResult result in results)
        {
            string beyond = result.Beyond is { } before
                ? string.Create(CultureInfo.InvariantCulture, $", beyond {before.Contender.Name} ({before.MedianSeconds:0.000})")
                : "";
            foreach (ContenderResult theirs in result.Theirs)
            {
                string start = $"| {result.Comparison.Work}{beyond} | {result.Comparison.Place} | {Times(result.Ours)} | {theirs.Contender.Name} | ";
                if (theirs.Contender.Missing is { } missing)
                {
                    Line(start + $"skipped: {missing} | | | | {Peak(result.Ours.Largest)} | |");
                    continue;
                }

                double ratio = result.RatioTo(theirs);
                string target = theirs.Contender.Target is { } most ? $"{most:0.00} | {YesNo(ratio <= most)}" : "told | ";
                Line(start + $"{Times(theirs)} | {ratio:0.00} | {target} | {Peak(result.Ours.Largest)} | {Peak(theirs.Largest)} |");
            }
        }

        foreach ((string work, string place, string reason) in _skipped)
        {
            Line($"| {work} | {place} | skipped: {reason} | | | | | | | |");
        }
    }

    public void WriteWriters(IReadOnlyList<WriterRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        Line("");
        Line("A writer that commits meanwhile (WAL, `synchronous = FULL`), all rounds together; to reach: no failed commit.");
        Line("");
        Line("| place | beside | commits | failed | median ms | slowest ms |");
        Line("|---|---|---|---|---|---|");
        foreach (WriterRow row in rows.Where(r => r.Rounds.Count > 0))
        {
            Line($"| {row.Place} | {row.Beside} | {row.Rounds.Sum(r => r.Commits)} | {row.Rounds.Sum(r => r.Failed)} | "
                + $"{Statistics.Median(row.Rounds.Select(r => r.MedianMilliseconds)):0.00} | {row.Rounds.Max(r => r.SlowestMilliseconds):0.0} |");
        }
    }

    public void WriteHistories(IReadOnlyList<(string Place, HistoryRow Row)> histories)
    {
        if (histories.Count == 0)
        {
            return;
        }

        Line("");
        Line("Snapshots of one database: after 500 changed rows, then with a hundredth of the rows changed between each two; megabytes of files.");
        Line("");
        Line("| place | store | first | added after 500 changes | snapshots | all |");
        Line("|---|---|---|---|---|---|");
        foreach ((string place, HistoryRow row) in histories)
        {
            Line(string.Create(
                CultureInfo.InvariantCulture,
                $"| {place} | {row.Store} | {row.First / 1e6:0.0} | {row.FewChanges / 1e6:0.0} | {row.Snapshots} | {row.All / 1e6:0.0} |"));
        }
    }

    public void WriteMemory(IReadOnlyList<MemoryRow> rows, IReadOnlyList<ComparisonResult> results)
    {
        Measurement? largest = rows.Select(r => r.Measurement).Concat(results.SelectMany(r => r.Ours.Runs))
            .MaxBy(m => m.PeakKilobytes);
        if (largest is null)
        {
            return;
        }

        Line("");
        Line($"Largest peak of all our runs: {Peak(largest)} MB; to reach: {PeakTarget} MB; "
            + $"reached: {YesNo(Megabytes(largest) <= PeakTarget)}.");
        if (rows.Count == 0)
        {
            return;
        }

        Line("");
        Line("| work | files | peak MB |");
        Line("|---|---|---|");
        foreach (MemoryRow row in rows)
        {
            Line($"| {row.Work} | {row.Files} | {Peak(row.Measurement)} |");
        }
    }

    private static string Times(ContenderResult result) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{result.MedianSeconds:0.000} ({result.Runs.Min(r => r.Seconds):0.000} to {result.Runs.Max(r => r.Seconds):0.000})");

    private static string Peak(Measurement measurement) =>
        (measurement.PeakIsBound ? "at most " : "") + Megabytes(measurement).ToString(CultureInfo.InvariantCulture);

    private static long Megabytes(Measurement measurement) => measurement.PeakKilobytes * 1024 / 1_000_000;

    private static string YesNo(bool reached) => reached ? "yes" : "no";

    private void Line(string text) => _text.Append(text).Append('\n');
}
