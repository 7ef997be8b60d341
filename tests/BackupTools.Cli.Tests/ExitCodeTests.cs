using System.Text;
using System.Text.Json;

namespace BackupTools.Cli.Tests;

public class ExitCodeTests
{
    [Fact]
    public void A_missing_source_fails_and_makes_nothing()
    {
        using TemporaryDirectory directory = new();
        ProcessResult result = BackupToolsProcess.Run(directory, "new", "nowhere", "--json").Expect(1);
        JsonElement error = Assert.Single(result.Objects);
        Assert.Equal("SourceNotFound", error.Text("error_id"));
        Assert.Equal(directory["nowhere"], error.Text("path"));
        Assert.False(Directory.Exists(directory["backups"]));
    }

    [Theory]
    [InlineData]
    [InlineData("bogus")]
    [InlineData("new")]
    [InlineData("new", "a", "--keeep", "3")]
    [InlineData("new", "a", "--keep", "three")]
    [InlineData("new", "a", "--keep", "-1")]
    [InlineData("new", "a", "--capture", "raw")]
    [InlineData("new", "a", "--lock-timeout", "60")]
    [InlineData("new", "a", "--name", "b", "--name", "c")]
    [InlineData("new", "")]
    [InlineData("new", "a", "--to")]
    [InlineData("new", "a", "--to=")]
    [InlineData("new", "a", "--to", "sftp:user@host:/backups")]
    [InlineData("new", "a", "--to", "https://host/backups")]
    [InlineData("init", "rest:https://host/backups")]
    [InlineData("new", "a", "--comment=", "--to", "b")]
    [InlineData("new", "a", "--to", "--keep", "3")]
    [InlineData("new", "a", "--name", "--json")]
    [InlineData("restore", "a")]
    [InlineData("restore", "a", "b", "--to", "c")]
    [InlineData("list", "a", "--json=false")]
    [InlineData("list", "a", "--since", "yesterday")]
    [InlineData("verify", "a", "--level", "Hash")]
    [InlineData("prune", "a", "--keep-within", "10")]
    [InlineData("prune", "a", "b", "--keep-last", "1")]
    [InlineData("prune", "a", "--keep-tag", "--dry-run")]
    public void Wrong_arguments_are_refused_with_a_hint(params string[] arguments)
    {
        using TemporaryDirectory directory = new();
        ProcessResult result = BackupToolsProcess.Run(directory, arguments).Expect(2);
        Assert.Equal(string.Empty, result.Output);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public void A_value_may_look_like_an_option_where_nothing_else_can_be_meant()
    {
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        JsonElement made = Assert.Single(BackupToolsProcess.Run(
            directory, "new", "source", "--comment=--keep", "--tag", "-x", "--json").Expect(0).Objects);
        Assert.Equal("--keep", made.Text("comment"));
        Assert.Equal("-x", made.GetProperty("tags")[0].GetString());
    }

    [SkippableTheory]
    [InlineData("exec dotnet exec \"$0\" new source --to \"$(printf 'store\\377')\"")]
    [InlineData("exec dotnet exec \"$0\" new \"$(printf 'source\\377')\"")]
    [InlineData("d=$(printf 'd\\377'); mkdir \"$d\" && cd \"$d\" && exec dotnet exec \"$0\" new ../source")]
    public void A_name_that_is_no_UTF_8_is_refused_rather_than_taken_for_another_one(string script)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "such names are Linux's");
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        BackupToolsProcess.RunOther(directory, "sh", "-c", script, BackupToolsProcess.Program).Expect(2);
        Assert.Empty(Directory.GetFiles(directory.Path, "*.manifest.json", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_policy_that_keeps_nothing_is_a_wrong_argument()
    {
        using TemporaryDirectory directory = new();
        Samples.Snapshot(directory);
        JsonElement error = Assert.Single(BackupToolsProcess.Run(directory, "prune", "backups", "--json").Expect(2).Objects);
        Assert.Equal("RetentionPolicyEmpty", error.Text("error_id"));
        Assert.Single(BackupToolsProcess.Run(directory, "list", "backups", "--json").Expect(0).Objects);
    }

    [SkippableFact]
    public void A_restore_that_has_to_leave_links_out_says_so_and_exits_3()
    {
        Skip.IfNot(Tool.Runs("strace", "-V"), "strace is not installed, by which a file system without links is imitated");
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        File.CreateSymbolicLink(directory["source", "sub", "link"], "leaf");
        BackupToolsProcess.Run(directory, "new", "source", "--to", "backups", "--json").Expect(0);
        ProcessResult result = BackupToolsProcess.RunOther(
            directory,
            "strace",
            ["-f", "-qq", "-o", "trace", "-e", "trace=symlinkat", "-e", "inject=symlinkat:error=EPERM",
                "dotnet", "exec", BackupToolsProcess.Program, "restore", "backups", "--to", "restored", "--json"]).Expect(3);
        JsonElement restored = Assert.Single(result.Objects);
        Assert.Equal("restored", restored.Text("status"));
        Assert.Equal(2, restored.GetProperty("entry_count").GetInt64());
        Assert.Contains("'sub/link'", result.Error, StringComparison.Ordinal);
        Assert.Equal("green", File.ReadAllText(directory["restored", "sub", "leaf"]));
        BackupToolsProcess.Run(directory, "restore", "backups", "--to", "restored").Expect(0);
        Assert.Equal("leaf", File.ResolveLinkTarget(directory["restored", "sub", "link"], false)!.Name);
    }

    [Fact]
    public void Help_and_version_go_to_standard_output()
    {
        using TemporaryDirectory directory = new();
        foreach (string[] arguments in (string[][])[["--help"], ["new", "--help"], ["--version"]])
        {
            ProcessResult result = BackupToolsProcess.Run(directory, arguments).Expect(0);
            Assert.NotEmpty(result.Output);
            Assert.Equal(string.Empty, result.Error);
        }
    }

    [Fact]
    public void What_could_not_be_read_by_SQLite_makes_the_snapshot_incomplete()
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["source"]);
        byte[] encrypted = new byte[8192];
        new Random(1).NextBytes(encrypted);
        Encoding.ASCII.GetBytes("SQLite format 3\0").CopyTo(encrypted, 0);
        File.WriteAllBytes(directory["source", "vault"], encrypted);
        JsonElement made = Assert.Single(BackupToolsProcess.Run(directory, "new", "source", "--to", "backups", "--json").Expect(3).Objects);
        Assert.True(made.GetProperty("incomplete").GetBoolean());
        Assert.Equal("incomplete", BackupToolsProcess.Run(directory, "list", "backups", "--json").Expect(0).Objects[0].Text("state"));
    }

    [SkippableFact]
    public void A_corrupt_database_is_published_marked_and_told()
    {
        SqliteShell.SkipWhereMissing();
        using TemporaryDirectory directory = new();
        Samples.CorruptDatabase(directory, "app.db");
        JsonElement made = Assert.Single(BackupToolsProcess.Run(directory, "new", "app.db", "--to", "backups", "--json").Expect(4).Objects);
        Assert.Equal("corrupt", made.GetProperty("check").Text("result"));
        Assert.True(File.Exists(made.Text("snapshot_path")));
    }

    [SkippableFact]
    public void A_corrupt_database_in_a_directory_is_told_as_well()
    {
        SqliteShell.SkipWhereMissing();
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["source"]);
        Samples.CorruptDatabase(directory, Path.Join("source", "app.db"));
        JsonElement made = Assert.Single(BackupToolsProcess.Run(directory, "new", "source", "--to", "backups", "--json").Expect(4).Objects);
        Assert.Equal("corrupt", made.GetProperty("check").Text("result"));
    }

    [Fact]
    public void A_payload_that_was_changed_fails_verification_and_is_not_restored()
    {
        using TemporaryDirectory directory = new();
        JsonElement made = Samples.Snapshot(directory);
        File.WriteAllText(Path.Join(made.Text("snapshot_path"), "note"), "Goodbye");
        JsonElement verified = Assert.Single(BackupToolsProcess.Run(directory, "verify", "backups", "--json").Expect(4).Objects);
        Assert.Equal("failed", verified.Text("result"));
        Assert.NotEqual(0, verified.GetProperty("problems").GetArrayLength());

        JsonElement refused = Assert.Single(BackupToolsProcess.Run(directory, "restore", "backups", "--to", "target", "--json").Expect(1).Objects);
        Assert.Equal("VerificationFailed", refused.Text("error_id"));
        Assert.False(Directory.Exists(directory["target"]));
    }

    [Fact]
    public void A_locked_store_has_an_exit_code_of_its_own()
    {
        using TemporaryDirectory directory = new();
        Samples.Snapshot(directory);
        using FileStream held = Samples.HoldLock(directory);
        JsonElement error = Assert.Single(
            BackupToolsProcess.Run(directory, "new", "source", "--to", "backups", "--lock-timeout", "0s", "--json").Expect(11).Objects);
        Assert.Equal("StoreLocked", error.Text("error_id"));
    }

    [Fact]
    public void Each_source_stands_alone_and_the_worst_decides()
    {
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        IReadOnlyList<JsonElement> results =
            BackupToolsProcess.Run(directory, "new", "nowhere", "source", "--to", "backups", "--json").Expect(1).Objects;
        Assert.Equal("error", results[0].Text("status"));
        Assert.Equal(directory["source"], results[1].Text("source"));
        Assert.Single(BackupToolsProcess.Run(directory, "list", "backups", "--json").Expect(0).Objects);
        BackupToolsProcess.Run(directory, "list", "nowhere", "backups").Expect(1);
        BackupToolsProcess.Run(directory, "verify", "nowhere", "backups").Expect(1);
    }

    [Theory]
    [InlineData(ExitCode.Done, ExitCode.Incomplete, ExitCode.Incomplete)]
    [InlineData(ExitCode.Incomplete, ExitCode.Corrupt, ExitCode.Corrupt)]
    [InlineData(ExitCode.Corrupt, ExitCode.StoreLocked, ExitCode.StoreLocked)]
    [InlineData(ExitCode.StoreLocked, ExitCode.Failed, ExitCode.Failed)]
    [InlineData(ExitCode.Failed, ExitCode.WrongArguments, ExitCode.WrongArguments)]
    [InlineData(ExitCode.WrongArguments, ExitCode.Cancelled, ExitCode.Cancelled)]
    internal void Of_two_outcomes_the_one_decides_for_which_less_was_done(ExitCode one, ExitCode other, ExitCode worst)
    {
        Assert.Equal(worst, ExitCodes.Worst(one, other));
        Assert.Equal(worst, ExitCodes.Worst(other, one));
    }
}
