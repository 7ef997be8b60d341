namespace BackupTools.Cli.Tests;

public sealed class BenchmarksTests
{
    [SkippableFact]
    public void A_quick_run_measures_all_that_was_asked_for_and_leaves_nothing()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The benchmarks run on Linux only.");
        using TemporaryDirectory temporary = new();
        string report = temporary["report.md"];
        string place = Directory.CreateDirectory(temporary["place"]).FullName;
        ProcessResult run = BackupToolsProcess.RunOther(
            temporary,
            "dotnet",
            "exec", Benchmarks(), "--quick", "--work", "database", "writer", "files", "memory", "--place", "disk", "--disk", place,
            "--backuptools", Path.ChangeExtension(BackupToolsProcess.Program, null), "--output", report);
        run.Expect(0);
        string text = File.ReadAllText(report);
        Assert.Equal(text, run.Output);
        foreach (string row in (string[])
            [
                "| new, database | disk |", "| restore, database | disk |", "| new, database with a writer | disk |",
                "| new, 300 files | disk |", "| restore, 300 files | disk |", "| disk | backuptools new |",
                "| new | 300 |", "| verify | 300 |", "| restore | 300 |",
            ])
        {
            // Without sqlite3 there is no database, and its row says so.
            Assert.True(
                text.Contains(row, StringComparison.Ordinal) || text.Contains("sqlite3 is not installed", StringComparison.Ordinal),
                $"'{row}' is missing in:\n{text}");
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(place));
    }

    // Built before these tests, into the same configuration.
    private static string Benchmarks()
    {
        string output = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string framework = Path.GetFileName(output);
        string configuration = Path.GetFileName(Path.GetDirectoryName(output)!);
        return Path.GetFullPath(
            Path.Join(output, "..", "..", "..", "..", "Benchmarks", "bin", configuration, framework, "benchmarks.dll"));
    }
}
