namespace BackupTools.Benchmarks;

/// <summary>One run of everything that was chosen.</summary>
internal static class BenchmarkRun
{
    private const int HistoryMegabytes = 220;

    public static int Execute(Options options, string repository, TextWriter log, TextWriter output, CancellationToken cancellation)
    {
        // Programs started here find the runtime that runs this one, and restic its password.
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        Environment.SetEnvironmentVariable("DOTNET_ROOT", Path.GetFullPath(Path.Join(runtime, "..", "..", "..")));
        Environment.SetEnvironmentVariable("RESTIC_PASSWORD", "benchmark");

        List<ComparisonResult> times = [];
        List<WriterRow> writers = [];
        List<MemoryRow> memory = [];
        List<(string Place, HistoryRow Row)> histories = [];
        Report report = new();
        bool isFirst = true;
        string? published = null;
        string publishedRoot = Directory.CreateTempSubdirectory("backuptools-published-").FullName;
        try
        {
            foreach ((string name, string parent) in options.Places)
            {
                CommandRunner runner = new(publishedRoot, cancellation);
                Tools tools = new(runner, repository);
                using Workbench bench = new(name, parent, runner, options);
                if (isFirst)
                {
                    report.WriteHead(options, tools);
                    log.WriteLine(options.BackupTools is null ? "Publishing backuptools" : "Measuring " + options.BackupTools);
                    published = options.BackupTools ?? tools.PublishBackupTools(publishedRoot);
                }

                Cases cases = new(runner, tools, published!);
                foreach (string work in options.Work)
                {
                    log.WriteLine($"{work}, {name}");
                    if (WhyNot(work, bench, tools, options) is { } reason)
                    {
                        report.Skip(work, name, reason);
                        continue;
                    }

                    foreach (Comparison comparison in cases.Of(work, bench))
                    {
                        times.Add(ComparisonRunner.Run(runner, comparison, options.Rounds, bench.Root, log));
                    }

                    if (work == "writer")
                    {
                        (ComparisonResult result, IReadOnlyList<WriterRow> rows) =
                            WriterCase.Run(runner, cases, bench, options.Rounds, log);
                        times.Add(result);
                        writers.AddRange(rows);
                    }

                    // What does not depend on the place is measured on the first one.
                    if (work == "list" && isFirst)
                    {
                        times.Add(ComparisonRunner.Run(runner, cases.List(bench), options.Rounds, bench.Root, log));
                    }

                    if (work == "repository")
                    {
                        times.AddRange(new RepositoryCases(runner, published!).Of(bench)
                            .Select(comparison => ComparisonRunner.Run(runner, comparison, options.Rounds, bench.Root, log)));
                    }

                    if (work == "history")
                    {
                        IReadOnlyList<HistoryRow> rows = new HistoryCase(runner, tools, published!)
                            .Run(bench, Math.Min(HistoryMegabytes, options.DatabaseMegabytes), options.Snapshots, log);
                        histories.AddRange(rows.Select(row => (name, row)));
                    }

                    if (work == "memory" && isFirst)
                    {
                        memory.AddRange(Memory(runner, cases, bench, options));
                    }

                    bench.DropAllBut(work == "database" ? "app.db" : null);
                }

                isFirst = false;
            }
        }
        finally
        {
            Directory.Delete(publishedRoot, recursive: true);
        }

        report.WriteTimes(times);
        report.WriteWriters(writers);
        report.WriteHistories(histories);
        report.WriteMemory(memory, times);
        output.Write(report.ToString());
        if (options.Output is { } file)
        {
            File.WriteAllText(file, report.ToString());
        }

        return 0;
    }

    private static string? WhyNot(string work, Workbench bench, Tools tools, Options options)
    {
        // The source, a snapshot, what is restored or another program's copy, and as much again to be safe.
        long small = options.Files * (options.Large && work == "memory" ? 10L * 4096 : 8192);
        long needed = 4 * work switch
        {
            "database" or "writer" => options.DatabaseMegabytes * 1024L * 1024,
            "large-files" => (long)options.LargeFiles * options.LargeFileMegabytes * 1024 * 1024,
            "repository" => Math.Max(
                Math.Max(options.DatabaseMegabytes, (long)options.LargeFiles * options.LargeFileMegabytes) * 1024 * 1024, small),
            "history" => (options.Snapshots + 4L) * Math.Min(HistoryMegabytes, options.DatabaseMegabytes) * 1024 * 1024 / 4,
            _ => small,
        };
        long free = new DriveInfo(bench.Root).AvailableFreeSpace;
        return free < needed
            ? $"needs {needed >> 20} MiB, and {free >> 20} MiB are free"
            : work is "database" or "writer" or "list" or "repository" or "history" ? tools.Missing("sqlite3")
                ?? (work == "repository" ? tools.Missing("restic") : null)
            : null;
    }

    private static IEnumerable<MemoryRow> Memory(CommandRunner runner, Cases cases, Workbench bench, Options options)
    {
        foreach (int count in options.Large ? [options.Files, options.Files * 10] : new[] { options.Files })
        {
            string files = bench.TinyFiles(count);
            yield return new MemoryRow("new", count, ComparisonRunner.RunOnce(runner, cases.New(bench, files), bench.Root));
            cases.Keep(bench, files);
            bench.Drop(files);
            yield return new MemoryRow("verify", count, ComparisonRunner.RunOnce(runner, cases.Verify(bench), bench.Root));
            yield return new MemoryRow("restore", count, ComparisonRunner.RunOnce(runner, cases.Restore(bench), bench.Root));
        }
    }
}
