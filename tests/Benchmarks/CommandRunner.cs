using System.Diagnostics;

namespace BackupTools.Benchmarks;

/// <summary>A command that failed, with the end of what it said.</summary>
internal sealed class CommandFailedException(string command, int exitCode, string said)
    : Exception($"'{command}' exited with {exitCode}: {said}");

/// <summary>Starts processes, measured and not, and ends them when the run is cancelled.</summary>
internal sealed class CommandRunner(string scratch, CancellationToken cancellation)
{
    private const int LongestWord = 1000;

    private readonly string _self = Environment.ProcessPath!;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Runs commands one after the other and measures them together.</summary>
    public Measurement Measure(params IReadOnlyList<string>[] commands)
    {
        string result = Path.Join(scratch, "measured");
        List<string> arguments = [MeasuringChild.Switch, result];
        foreach (IReadOnlyList<string> command in commands)
        {
            arguments.AddRange(arguments.Count > 2 ? [MeasuringChild.Then, .. command] : command);
        }

        // Under `dotnet benchmarks.dll` the program that runs is dotnet.
        if (Path.GetFileNameWithoutExtension(_self) == "dotnet")
        {
            arguments.Insert(0, typeof(CommandRunner).Assembly.Location);
        }

        Run(new ProcessStartInfo(_self, arguments), string.Join(" && ", commands.Select(c => string.Join(' ', c))));
        return MeasuringChild.Read(result);
    }

    /// <summary>Runs a command and returns what it printed.</summary>
    public string Run(params IReadOnlyList<string> command) =>
        Run(new ProcessStartInfo(command[0], command.Skip(1)), string.Join(' ', command));

    public string RunIn(string directory, params IReadOnlyList<string> command) =>
        Run(new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = directory }, string.Join(' ', command));

    private string Run(ProcessStartInfo start, string command)
    {
        cancellation.ThrowIfCancellationRequested();
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using CancellationTokenRegistration registration = cancellation.Register(() => process.Kill(entireProcessTree: true));
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
        {
            string said = (errors + output.Result).Trim();
            throw new CommandFailedException(
                command.Length > LongestWord ? command[..LongestWord] : command,
                process.ExitCode,
                said.Length > LongestWord ? said[^LongestWord..] : said);
        }

        return output.Result;
    }
}
