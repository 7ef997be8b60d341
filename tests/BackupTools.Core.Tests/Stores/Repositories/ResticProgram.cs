using System.Diagnostics;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>The real restic, where it is installed, with a cache of its own.</summary>
internal sealed class ResticProgram(string repository, string cache)
{
    public const string Reason = "restic is not installed";

    public static bool IsInstalled => Tool.Exists("restic");

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

    /// <summary>Runs it to its end.</summary>
    public (int ExitCode, string Output, string Error) TryRun(params string[] arguments)
    {
        ProcessStartInfo start = new("restic", ["-r", repository, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["RESTIC_PASSWORD"] = RepositoryScene.Password;
        start.Environment["RESTIC_CACHE_DIR"] = cache;
        start.Environment["RESTIC_PROGRESS_FPS"] = "0.001";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
