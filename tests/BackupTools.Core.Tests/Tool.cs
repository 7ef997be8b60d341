using System.Diagnostics;

namespace BackupTools.Core.Tests;

/// <summary>Programs that tests run where they are installed.</summary>
internal static class Tool
{
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Join(directory, name)));

    /// <summary>Whether a program is there and starts.</summary>
    public static bool Runs(string program, string argument)
    {
        if (!Exists(program))
        {
            return false;
        }

        using Process process = Process.Start(new ProcessStartInfo(program, [argument])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Runs a program to its end and returns what it wrote to standard output.</summary>
    public static string Run(string program, IEnumerable<string> arguments, bool mayFail = false)
    {
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(
            mayFail || process.ExitCode == 0,
            $"{program} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {output}{error.Result}");
        return output;
    }
}
