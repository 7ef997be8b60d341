using System.Diagnostics;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>The real restic, where it is installed, with a cache of its own.</summary>
internal sealed class ResticProgram(string repository, string cache, string password = RepositoryScene.Password)
{
    /// <summary>Runs it, to succeed.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public string Run(params string[] arguments)
    {
        (int exitCode, string output, string error) = TryRun(arguments);
        Assert.True(exitCode == 0, $"restic {string.Join(' ', arguments)} ended with {exitCode}: {output}{error}");
        return output;
    }

    /// <summary>Checks every byte, and expects that all is well without any remark.</summary>
    public void CheckIsClean()
    {
        (int exitCode, string output, string error) = TryRun("check", "--read-data");
        Assert.True(exitCode == 0 && output.Contains("no errors were found", StringComparison.Ordinal), output + error);
        Assert.Equal(string.Empty, error);
    }

    /// <summary>Starts a backup that lasts until its input is closed.</summary>
    public Process StartBackupOfInput()
    {
        ProcessStartInfo start = Prepare("-q", "backup", "--stdin");
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = false;
        start.RedirectStandardError = false;
        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end.</summary>
    public (int ExitCode, string Output, string Error) TryRun(params string[] arguments)
    {
        using Process process = Process.Start(Prepare(arguments))!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private ProcessStartInfo Prepare(params string[] arguments)
    {
        ProcessStartInfo start = new("restic", ["-r", repository, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["RESTIC_PASSWORD"] = password;
        start.Environment["RESTIC_CACHE_DIR"] = cache;
        start.Environment["RESTIC_PROGRESS_FPS"] = "0.001";
        return start;
    }
}
