using System.Diagnostics;
using BackupTools.Core.Stores.Repositories;

namespace BackupTools.Core.Tests.Stores.Repositories;

public class PasswordCommandTests
{
    private const string Repository = "/srv/repository";

    public PasswordCommandTests() => Skip.If(OperatingSystem.IsWindows(), "the programs that these tests run are Unix's");

    [SkippableTheory]
    [InlineData("printf secret", "secret")]
    [InlineData("printf '\\n secret \\n\\n'", "secret")]
    [InlineData("printf %s 'two words'", "two words")]
    [InlineData("printf %s%s  \"it's\"' mine'", "it's mine")]
    [InlineData("sh -c 'printf secret'", "secret")]
    [InlineData("/bin/sh -c 'printf secret'", "secret")]
    [InlineData("printf '\\377\\376s\\0e\\0c\\0'", "sec")]
    public void What_a_program_writes_is_the_password(string command, string password)
    {
        using SecretText secret = Run(command);
        Assert.Equal(password, secret.Span.ToString());
    }

    [SkippableTheory]
    [InlineData("sh -c 'printf SECRET; exit 3'", "exit code 3")]
    [InlineData("sh -c 'printf SECRET; kill -9 $$'", "exit code 137")]
    [InlineData("no-such-program-anywhere --token=SECRET", "PATH")]
    [InlineData("/nowhere/program --token=SECRET", "/nowhere/program")]
    [InlineData("/etc/passwd --token=SECRET", "/etc/passwd")]
    [InlineData("sh -c 'printf \"SECRET\\377\"'", "UTF-8")]
    public void A_program_that_fails_is_told_without_its_arguments_or_what_it_said(string command, string reason)
    {
        BackupException error = Assert.Throws<BackupException>(() => Run(command).Dispose());
        Assert.Equal(ErrorId.PasswordRequired, error.Id);
        Assert.Contains(Repository, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", error.ToString(), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData(" \t")]
    [InlineData("printf 'SECRET")]
    [InlineData("printf \"SECRET")]
    public void A_command_that_cannot_be_understood_is_refused(string command)
    {
        BackupException error = Assert.Throws<BackupException>(() => Run(command).Dispose());
        Assert.Equal(ErrorId.InvalidArgument, error.Id);
        Assert.DoesNotContain("SECRET", error.ToString(), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("a b", "a|b")]
    [InlineData("  a\t'b c'  ", "a|b c")]
    [InlineData("a''b \"\" c", "ab||c")]
    [InlineData("C:\\tools\\pass.exe show", "C:\\tools\\pass.exe|show")]
    [InlineData("", "")]
    public void A_command_is_parted_at_white_space_outside_of_quotation_marks(string command, string words) =>
        Assert.Equal(words, string.Join('|', PasswordCommand.Split(command)!));

    [SkippableFact]
    public void Output_without_end_is_not_read_to_its_end()
    {
        Skip.IfNot(Tool.Exists("yes"), "yes is not installed");
        BackupException error = Assert.Throws<BackupException>(() => Run("yes SECRET").Dispose());
        Assert.Equal(ErrorId.PasswordRequired, error.Id);
        Assert.DoesNotContain("SECRET", error.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_program_of_the_name_in_the_current_directory_is_not_taken()
    {
        // The working directory belongs to the whole process, so the test leaves it and puts a program there.
        string name = "backuptools-test-" + Guid.NewGuid().ToString("N");
        string path = Path.Join(Environment.CurrentDirectory, name);
        try
        {
            File.WriteAllText(path, "#!/bin/sh\nprintf stolen\n");
            Tool.Run("chmod", ["700", path]);
            Assert.Equal(ErrorId.PasswordRequired, Assert.Throws<BackupException>(() => Run(name).Dispose()).Id);
            using SecretText named = Run("./" + name);
            Assert.Equal("stolen", named.Span.ToString());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [SkippableFact]
    public async Task Cancelling_ends_the_program_and_what_it_started()
    {
        int[] processes = await CancelAsync(told => $"sh -c 'sleep 1000 & printf \"%s %s\" $$ $! > {told}.new; mv {told}.new {told}; wait'");
        Assert.Equal(2, processes.Length);
        foreach (int id in processes)
        {
            WaitForEnd(id);
        }
    }

    [SkippableFact]
    public async Task Cancelling_does_not_wait_for_what_left_the_program_behind()
    {
        // The program has ended; its child, which holds standard output open, is nobody's any more.
        int[] processes = await CancelAsync(told => $"sh -c 'sleep 1000 & printf $! > {told}.new; mv {told}.new {told}'");
        using Process left = Process.GetProcessById(Assert.Single(processes));
        left.Kill();
        WaitForEnd(left.Id);
    }

    // Runs a command, and cancels when it has told the processes that it consists of, in a file.
    private static async Task<int[]> CancelAsync(Func<string, string> command)
    {
        using TemporaryDirectory directory = new();
        using CancellationTokenSource cancellation = new();
        string told = directory["processes"];
        Task run = Task.Run(() => PasswordCommand.Run(command(told), Repository, cancellation.Token).Dispose());
        Assert.True(SpinWait.SpinUntil(() => File.Exists(told) || run.IsCompleted, TimeSpan.FromMinutes(1)));
        int[] processes = [.. File.ReadAllText(told).Split(' ').Select(int.Parse)];
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        return processes;
    }

    private static SecretText Run(string command) => PasswordCommand.Run(command, Repository, CancellationToken.None);

    // Where nobody collects it, an ended process stays as a zombie.
    private static void WaitForEnd(int id) => Assert.True(
        SpinWait.SpinUntil(
            () => !File.Exists($"/proc/{id}/stat") || File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].TrimStart()[0] == 'Z',
            TimeSpan.FromMinutes(1)),
        $"the process {id} is still there");
}
