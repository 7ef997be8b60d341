using System.Text.Json;

namespace BackupTools.Cli.Tests;

public class InitTests
{
    private const string Password = "a s3cret";

    public static TheoryData<string, string> Variables => new()
    {
        { "BACKUPTOOLS_PASSWORD", Password },
        { "BACKUPTOOLS_PASSWORD_FILE", "password" },
        { "BACKUPTOOLS_PASSWORD_COMMAND", "cat password" },
        { "RESTIC_PASSWORD", Password },
        { "RESTIC_PASSWORD_FILE", "password" },
        { "RESTIC_PASSWORD_COMMAND", "cat password" },
    };

    [SkippableTheory]
    [InlineData("--password-file", "password")]
    [InlineData("--password-command", "cat password")]
    public void A_repository_is_made_with_the_password_that_an_option_names(string option, string value)
    {
        Skip.If(OperatingSystem.IsWindows(), "cat is not there");
        using TemporaryDirectory directory = WithPassword();
        JsonElement made = Assert.Single(BackupToolsProcess.Run(directory, "init", "repository", option, value, "--json").Expect(0).Objects);
        Assert.Equal(["status", "path", "id", "format_version", "compressed"], made.Names());
        Assert.Equal("initialized", made.Text("status"));
        Assert.Equal(directory["repository"], made.Text("path"));
        Assert.Equal(2, made.GetProperty("format_version").GetInt32());
        Assert.True(OpensWithPassword(directory));
    }

    [SkippableTheory]
    [MemberData(nameof(Variables))]
    public void A_repository_is_made_with_the_password_that_the_environment_names(string variable, string value)
    {
        Skip.If(OperatingSystem.IsWindows(), "cat is not there");
        using TemporaryDirectory directory = WithPassword();
        ProcessResult made = BackupToolsProcess.RunWith(directory, [(variable, value)], "init", "repository").Expect(0);
        Assert.StartsWith("Created:  " + directory["repository"], made.Lines[0], StringComparison.Ordinal);
        Assert.Matches("^Id:       [0-9a-f]{64}$", made.Lines[1]);
        Assert.Equal(3, made.Lines.Count);
        Assert.True(OpensWithPassword(directory));
    }

    [Fact]
    public void Nobody_is_asked_where_nobody_is()
    {
        using TemporaryDirectory directory = new();
        ProcessResult refused = BackupToolsProcess.Run(directory, "init", "repository", "--json").Expect(1);
        JsonElement error = Assert.Single(refused.Objects);
        Assert.Equal("PasswordRequired", error.Text("error_id"));
        Assert.Equal(directory["repository"], error.Text("path"));
        Assert.Equal(string.Empty, refused.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Theory]
    [InlineData("init")]
    [InlineData("init", "a", "b")]
    [InlineData("init", "a", "--password", "secret")]
    [InlineData("init", "a", "--password-file", "")]
    [InlineData("init", "a", "--password-file", "file", "--password-command", "command")]
    [InlineData("list", "a", "--password-file", "file", "--password-command", "command")]
    public void Wrong_arguments_make_nothing(params string[] arguments)
    {
        using TemporaryDirectory directory = new();
        BackupToolsProcess.Run(directory, arguments).Expect(2);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public void What_is_there_is_not_made_a_repository()
    {
        using TemporaryDirectory directory = WithPassword();
        Samples.Snapshot(directory);
        string[] before = Directory.GetFileSystemEntries(directory["backups"]);
        JsonElement error = Assert.Single(
            BackupToolsProcess.Run(directory, "init", "backups", "--password-file", "password", "--json").Expect(1).Objects);
        Assert.Equal("StoreExists", error.Text("error_id"));
        Assert.Equal(before, Directory.GetFileSystemEntries(directory["backups"]));
    }

    [SkippableTheory]
    [InlineData("--password-command", "sh -c 'printf s3cret; exit 1'")]
    [InlineData("--password-command", "printf 's3cret")]
    [InlineData("--password-command", "no-such-program s3cret")]
    [InlineData("--password-file", "broken")]
    public void No_password_is_told_by_an_error_not_even_to_those_who_look_for_a_mistake(string option, string value)
    {
        Skip.If(OperatingSystem.IsWindows(), "sh is not there");
        using TemporaryDirectory directory = new();
        File.WriteAllBytes(directory["broken"], [.. "s3cret"u8, 0xff]);
        ProcessResult refused = BackupToolsProcess.RunWith(
            directory, [("BACKUPTOOLS_DEBUG", "1")], "init", "repository", "--verbose", option, value);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.DoesNotContain("s3cret", refused.Output + refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory["repository"]));
    }

    [SkippableFact]
    public void Where_the_system_has_no_zstd_a_warning_says_so()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only there is a library hidden by a variable");
        using TemporaryDirectory directory = WithPassword();

        // The loader takes the first of the name, and cannot use this one.
        Directory.CreateDirectory(directory["lib"]);
        File.WriteAllText(directory["lib", "libzstd.so.1"], string.Empty);
        ProcessResult made = BackupToolsProcess.RunWith(
            directory, [("LD_LIBRARY_PATH", directory["lib"])], "init", "repository", "--password-file", "password", "--json").Expect(0);
        Assert.False(Assert.Single(made.Objects).GetProperty("compressed").GetBoolean());
        string warning = Assert.Single(made.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("warning: ", warning, StringComparison.Ordinal);
        Assert.Contains("zstd", warning, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void On_a_terminal_the_password_is_asked_for_twice_and_not_shown()
    {
        Terminal.SkipWhereMissing();
        using TemporaryDirectory directory = WithPassword();
        using Terminal terminal = new(directory, "init repository");

        // A mistake is taken back: by one character, and as a whole.
        terminal.Answer("': ", "wrong\u0015a s3crx\u007fet\r");
        terminal.Answer(": ", Password + "\r");
        Assert.Equal((0, true), terminal.Wait());
        Assert.DoesNotContain("s3cr", terminal.Shown, StringComparison.Ordinal);
        Assert.True(OpensWithPassword(directory));
    }

    [SkippableFact]
    public void Two_answers_that_differ_make_nothing()
    {
        Terminal.SkipWhereMissing();
        using TemporaryDirectory directory = new();
        using Terminal terminal = new(directory, "init repository");
        terminal.Answer("': ", "s3cret\r");
        terminal.Answer(": ", "S3cret\r");
        Assert.Equal((1, true), terminal.Wait());
        Assert.DoesNotContain("3cret", terminal.Shown, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory["repository"]));
    }

    [SkippableTheory]
    [InlineData("\u0003", 130)]
    [InlineData("\u0004", 1)]
    [InlineData("\r", 1)]
    public void Whoever_is_asked_can_refuse(string key, int exitCode)
    {
        Terminal.SkipWhereMissing();
        using TemporaryDirectory directory = new();

        // The shell goes on after Ctrl-C, to tell of the terminal.
        using Terminal terminal = new(directory, "init repository", "trap : INT; ");
        terminal.Answer("': ", key);
        terminal.Insist(key);
        Assert.Equal((exitCode, true), terminal.Wait());
        Assert.False(Directory.Exists(directory["repository"]));
    }

    private static TemporaryDirectory WithPassword()
    {
        TemporaryDirectory directory = new();
        File.WriteAllText(directory["password"], Password + "\n");
        return directory;
    }

    // By restic, where it is there: it is not to be our own word alone.
    private static bool OpensWithPassword(TemporaryDirectory directory) =>
        !InstalledRestic.CanOpen(2) || Restic.Run(directory, "repository", "password", "cat", "config").ExitCode == 0;
}
