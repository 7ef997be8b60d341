using System.Diagnostics;

namespace BackupTools.Restic.Tests;

/// <summary>The real restic, where it is installed, with a cache of its own.</summary>
internal sealed class ResticProgram(string repository, string cache)
{
    public const string Password = "correct horse \u00e4\u2603";

    /// <summary>Runs it, to succeed.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public string Run(params string[] arguments) => Run(arguments, []);

    /// <summary>Runs it in an environment, to succeed.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public string Run(string[] arguments, Dictionary<string, string> environment)
    {
        (int exitCode, string output, string error) = TryRun(arguments, environment);
        Assert.True(exitCode == 0, $"restic {string.Join(' ', arguments)} ended with {exitCode}: {output}{error}");
        return output;
    }

    /// <summary>Runs it, and expects that all is well without any remark.</summary>
    public void CheckIsClean(bool readData = true)
    {
        (int exitCode, string output, string error) = TryRun(readData ? ["check", "--read-data"] : ["check"]);
        Assert.True(exitCode == 0 && output.Contains("no errors were found", StringComparison.Ordinal), output + error);
        Assert.DoesNotContain("not referenced", error, StringComparison.Ordinal);
        Assert.Equal(string.Empty, error);
    }

    /// <summary>Runs it to its end.</summary>
    public (int ExitCode, string Output, string Error) TryRun(
        string[] arguments, Dictionary<string, string>? environment = null)
    {
        using Process process = Start(arguments, environment);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Starts a backup that lasts until its input is closed.</summary>
    public Process StartBackupOfInput() => Start(["backup", "--stdin"], takesInput: true);

    private Process Start(string[] arguments, Dictionary<string, string>? environment = null, bool takesInput = false)
    {
        ProcessStartInfo start = new("restic")
        {
            RedirectStandardInput = takesInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("-q");
        start.ArgumentList.Add("-r");
        start.ArgumentList.Add(repository);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (arguments[0] is "check" or "snapshots" or "list" or "find")
        {
            start.ArgumentList.RemoveAt(0);
        }

        start.Environment["RESTIC_PASSWORD"] = Password;
        start.Environment["RESTIC_CACHE_DIR"] = cache;
        start.Environment["RESTIC_PROGRESS_FPS"] = "0.001";
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
