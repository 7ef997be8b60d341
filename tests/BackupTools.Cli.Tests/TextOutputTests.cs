namespace BackupTools.Cli.Tests;

public class TextOutputTests
{
    [Fact]
    public void A_person_reads_where_the_snapshot_lies_and_what_was_restored()
    {
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        ProcessResult made = BackupToolsProcess.Run(directory, "new", "source", "--to", "backups").Expect(0);
        string snapshot = Value(made, "Snapshot");
        Assert.True(Directory.Exists(snapshot));
        Assert.True(File.Exists(Value(made, "Manifest")));
        Assert.Equal(64, Value(made, "SHA-256").Length);
        Assert.NotEmpty(Value(made, "Bytes"));

        ProcessResult restored = BackupToolsProcess.Run(directory, "restore", "backups", "--to", "source").Expect(0);
        Assert.Equal(directory["source"], Value(restored, "Restored"));
        Assert.Equal(snapshot, Value(restored, "From"));
        Assert.Equal("Welcome", File.ReadAllText(Path.Join(Value(restored, "Previous"), "note")));
    }

    [Fact]
    public void The_list_is_a_table_whose_columns_stand_below_each_other()
    {
        using TemporaryDirectory directory = new();
        Samples.Snapshot(directory);
        Directory.Move(directory["source"], directory["another name"]);
        BackupToolsProcess.Run(directory, "new", "another name", "--to", "backups", "--name", "日本").Expect(0);
        IReadOnlyList<string> lines = BackupToolsProcess.Run(directory, "list", "backups").Expect(0).Lines;
        Assert.Equal(3, lines.Count);
        int[] paths = [.. lines.Select(line => TerminalText.Width(line[..line.LastIndexOf("  ", StringComparison.Ordinal)]))];
        Assert.Single(paths.Distinct());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  source +directory ", lines[1]);
    }

    [SkippableFact]
    public void Names_with_newlines_and_escape_sequences_stay_on_their_line()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such names");
        const string Evil = "evil\nSnapshot: forged\u001b[2J";
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        BackupToolsProcess.RunOther(directory, "mkfifo", directory["source", Evil]).Expect(0);
        Directory.CreateDirectory(directory[Evil]);
        File.WriteAllText(directory[Evil, "note"], "x");

        ProcessResult[] results =
        [
            BackupToolsProcess.Run(directory, "new", "source", "--to", "backups", "--verbose").Expect(0),
            BackupToolsProcess.Run(directory, "new", Evil, "--to", "backups", "--verbose").Expect(0),
            BackupToolsProcess.Run(directory, "list", "backups", "--verbose").Expect(0),
            BackupToolsProcess.Run(directory, "restore", "backups", "--to", Evil, "--source", "source", "--verbose", "--dry-run").Expect(0),
            BackupToolsProcess.Run(directory, "restore", "backups", "--to", Evil, "--source", "source", "--verbose").Expect(0),
            BackupToolsProcess.Run(directory, "verify", "backups", "--verbose").Expect(0),
            BackupToolsProcess.Run(directory, "prune", "backups", "--keep-last", "1", "--verbose").Expect(0),
            BackupToolsProcess.Run(directory, "verify", $"no{Evil}", "--verbose").Expect(1),
        ];
        Assert.Contains("evil\\nSnapshot: forged\\x1b[2J", results[0].Output + results[0].Error, StringComparison.Ordinal);
        foreach (ProcessResult result in results)
        {
            Assert.DoesNotContain('\u001b', result.Output + result.Error);
            Assert.DoesNotContain("\nSnapshot: forged", result.Output + result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Redirected_there_is_no_progress()
    {
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        ProcessResult result = BackupToolsProcess.Run(directory, "new", "source", "--to", "backups").Expect(0);
        Assert.Equal(string.Empty, result.Error);
    }

    [SkippableFact]
    public void On_a_terminal_progress_is_shown_and_wiped_away()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "script(1) takes other arguments elsewhere");
        Skip.IfNot(File.Exists("/usr/bin/script"), "script(1), which makes a terminal, is not installed");
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        string command = $"dotnet exec '{BackupToolsProcess.Program}' new source --to backups > out";
        ProcessResult result = BackupToolsProcess.RunOther(directory, "script", "-qec", command, "/dev/null").Expect(0);
        Assert.Contains("\rCopying ", result.Output, StringComparison.Ordinal);
        Assert.EndsWith(" \r", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', File.ReadAllText(directory["out"]));
    }

    [SkippableFact]
    public void A_reader_that_goes_away_or_a_full_disk_is_no_crash()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/dev/full is Linux's");
        using TemporaryDirectory directory = new();
        Samples.Snapshot(directory);
        string list = $"dotnet exec '{BackupToolsProcess.Program}' list backups";
        Assert.Equal(string.Empty, BackupToolsProcess.RunOther(directory, "sh", "-c", $"{list} | true").Error);
        Assert.Equal(string.Empty, BackupToolsProcess.RunOther(directory, "sh", "-c", $"{list} --json | true").Error);
        foreach (string mode in (string[])["", "--json"])
        {
            ProcessResult full = BackupToolsProcess.RunOther(directory, "sh", "-c", $"{list} {mode} > /dev/full").Expect(1);
            Assert.StartsWith("error: ", full.Error, StringComparison.Ordinal);
            Assert.Contains("tandard output", full.Error, StringComparison.Ordinal);
            Assert.Single(full.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private static string Value(ProcessResult result, string label) =>
        Assert.Single(result.Lines, line => line.StartsWith($"{label}:", StringComparison.Ordinal))[(label.Length + 1)..].Trim();
}
