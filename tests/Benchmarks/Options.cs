using System.CommandLine;

namespace BackupTools.Benchmarks;

/// <summary>What to measure, where, and on how much.</summary>
internal sealed record Options
{
    public static readonly string[] AllWork = ["database", "writer", "files", "large-files", "list", "memory", "repository", "history"];

    public IReadOnlyList<string> Work { get; init; } = AllWork;

    /// <summary>Directories to work in, by the name that the report gives them.</summary>
    public required IReadOnlyDictionary<string, string> Places { get; init; }

    public int Rounds { get; init; }

    public int DatabaseMegabytes { get; init; }

    public int Files { get; init; }

    /// <summary>How many snapshots a history has.</summary>
    public int Snapshots { get; init; }

    public int LargeFiles { get; init; }

    public int LargeFileMegabytes { get; init; }

    /// <summary>Whether the memory is measured with ten times the files too.</summary>
    public bool Large { get; init; }

    public string? Output { get; init; }

    /// <summary>A backuptools to measure instead of one published now.</summary>
    public string? BackupTools { get; init; }

    public static int Parse(string[] arguments, string repository, Func<Options, CancellationToken, int> run)
    {
        Option<string[]> work = new("--work") { Description = "What to measure: " + string.Join(", ", AllWork), AllowMultipleArgumentsPerToken = true };
        work.AcceptOnlyFromAmong(AllWork);
        Option<string[]> place = new("--place") { Description = "Where: disk, tmpfs", AllowMultipleArgumentsPerToken = true };
        place.AcceptOnlyFromAmong("disk", "tmpfs");
        Option<string> disk = new("--disk")
        {
            Description = "A directory on a disk",
            DefaultValueFactory = _ => Path.Join(repository, "artifacts"),
        };
        Option<string> tmpfs = new("--tmpfs") { Description = "A directory in memory", DefaultValueFactory = _ => "/dev/shm" };
        Option<bool> quick = new("--quick") { Description = "Small data and one round: shows that all of it runs, measures nothing" };
        Option<bool> large = new("--large") { Description = "Measure memory with ten times the files too" };
        Option<int?> rounds = new("--rounds") { Description = "Rounds (5)" };
        Option<int?> database = new("--database-mib") { Description = "Size of the database (1024)" };
        Option<int?> files = new("--files") { Description = "Number of small files (100000)" };
        Option<int?> snapshots = new("--snapshots") { Description = "Snapshots of a history (48)" };
        Option<int?> largeFiles = new("--large-files") { Description = "Number of large files (4)" };
        Option<int?> largeFile = new("--large-file-mib") { Description = "Size of a large file (512)" };
        Option<string?> output = new("--output") { Description = "A file for the report, beside standard output" };
        Option<string?> backupTools = new("--backuptools") { Description = "An executable to measure instead of publishing one" };
        RootCommand root = new("Runs backuptools beside the programs that people use today, as whole processes.")
        {
            work, place, disk, tmpfs, quick, large, rounds, database, files, snapshots, largeFiles, largeFile, output, backupTools,
        };
        root.SetAction((parsed, cancellation) =>
        {
            bool small = parsed.GetValue(quick);
            string[] chosen = parsed.GetValue(place) is { Length: > 0 } some ? some : ["disk", "tmpfs"];
            Options options = new()
            {
                Work = parsed.GetValue(work) is { Length: > 0 } those ? those : AllWork,
                Places = chosen.ToDictionary(p => p, p => Path.GetFullPath(parsed.GetValue(p == "disk" ? disk : tmpfs)!)),
                Large = parsed.GetValue(large),
                Rounds = parsed.GetValue(rounds) ?? (small ? 1 : 5),
                DatabaseMegabytes = parsed.GetValue(database) ?? (small ? 4 : 1024),
                Files = parsed.GetValue(files) ?? (small ? 300 : 100_000),
                Snapshots = parsed.GetValue(snapshots) ?? (small ? 3 : 48),
                LargeFiles = parsed.GetValue(largeFiles) ?? (small ? 2 : 4),
                LargeFileMegabytes = parsed.GetValue(largeFile) ?? (small ? 2 : 512),
                Output = parsed.GetValue(output),
                BackupTools = parsed.GetValue(backupTools),
            };
            return Task.Run(() => run(options, cancellation), CancellationToken.None);
        });
        return root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) })
            .GetAwaiter().GetResult();
    }
}
