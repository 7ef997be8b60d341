using System.Diagnostics;
using System.Text.Json;

namespace BackupTools.Reliability;

/// <summary>Runs of the built command, as processes of their own.</summary>
internal static class Command
{
    // Nothing that is run here takes more than seconds; one that hangs must not hang the attack.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>The program.</summary>
    public static string BackupTools => AttackedProgram.Path;

    /// <summary>Runs backuptools to its end.</summary>
    public static CommandResult Run(string directory, params string[] arguments) =>
        RunOther(directory, BackupTools, arguments);

    /// <summary>Runs a program to its end, which it must reach.</summary>
    public static CommandResult RunOther(
        string directory, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("BACKUPTOOLS_DEBUG");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', start.ArgumentList)} did not end in {s_patience}");
        }

        process.WaitForExit();
        return new CommandResult(string.Join(' ', start.ArgumentList), process.ExitCode, output.Result, error.Result);
    }
}

/// <summary>What a run said.</summary>
internal sealed record CommandResult(string Arguments, int ExitCode, string Output, string Error)
{
    /// <summary>Exit code of a process that was ended by SIGKILL.</summary>
    public const int Killed = 137;

    /// <summary>Standard output of a run with <c>--json</c>; anything else on it is an error.</summary>
    public IReadOnlyList<JsonElement> Objects =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Fails with what it said where it ended otherwise.</summary>
    public CommandResult Expect(params int[] exitCodes)
    {
        Assert.True(exitCodes.Contains(ExitCode), $"exit code {ExitCode} of {this}");
        return this;
    }

    public override string ToString() => $"'{Arguments}': {ExitCode}\n{Output}{Error}";
}
