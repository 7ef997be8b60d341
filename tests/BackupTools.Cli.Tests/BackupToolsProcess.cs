using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>A run of the built program, as a process of its own.</summary>
internal sealed class BackupToolsProcess : IDisposable
{
    /// <summary>SIGHUP.</summary>
    public const int HangUp = 1;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private BackupToolsProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The program, as the build puts it beside the tests.</summary>
    public static string Program => Path.Join(AppContext.BaseDirectory, "backuptools.dll");

    /// <summary>Runs the program to its end.</summary>
    public static ProcessResult Run(TemporaryDirectory directory, params string[] arguments)
    {
        using BackupToolsProcess run = Start(directory, arguments);
        return run.Wait();
    }

    /// <summary>Starts the program in a directory.</summary>
    public static BackupToolsProcess Start(TemporaryDirectory directory, params string[] arguments) =>
        StartOther(directory, "dotnet", ["exec", Program, .. arguments]);

    /// <summary>Runs the program to its end, with variables of the environment.</summary>
    public static ProcessResult RunWith(
        TemporaryDirectory directory, IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        using BackupToolsProcess run = StartOther(directory, "dotnet", ["exec", Program, .. arguments], environment);
        return run.Wait();
    }

    /// <summary>Runs something else to its end.</summary>
    public static ProcessResult RunOther(TemporaryDirectory directory, string program, params string[] arguments)
    {
        using BackupToolsProcess run = StartOther(directory, program, arguments);
        return run.Wait();
    }

    public bool HasExited => _process.HasExited;

    public ProcessResult Wait()
    {
        _process.WaitForExit();
        return new ProcessResult(_process.ExitCode, _output.Result, _error.Result);
    }

    /// <summary>Sends a signal.</summary>
    public void Send(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    /// <summary>Starts something else.</summary>
    public static BackupToolsProcess StartOther(
        TemporaryDirectory directory, string program, string[] arguments, IEnumerable<(string Name, string Value)>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The tests' own host may carry settings that are none of the program's.
        foreach (string name in start.Environment.Keys.Where(IsOurs).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return new BackupToolsProcess(Process.Start(start)!);
    }

    private static bool IsOurs(string variable) =>
        variable.StartsWith("BACKUPTOOLS_", StringComparison.Ordinal) || variable.StartsWith("RESTIC_", StringComparison.Ordinal);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

/// <summary>What a process said.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as JSON objects, one a line; anything else on it fails the test.</summary>
    public IReadOnlyList<JsonElement> Objects => [.. Lines.Select(Parse)];

    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Fails with what the process said where it ended otherwise.</summary>
    public ProcessResult Expect(int exitCode)
    {
        Assert.True(exitCode == ExitCode, $"exit code {ExitCode} rather than {exitCode}\n{Output}\n{Error}");
        return this;
    }

    private static JsonElement Parse(string line)
    {
        JsonElement value = JsonDocument.Parse(line).RootElement;
        Assert.Equal(JsonValueKind.Object, value.ValueKind);
        return value;
    }
}

internal static class JsonElementExtensions
{
    public static string Text(this JsonElement value, string property) => value.GetProperty(property).GetString()!;

    public static string[] Names(this JsonElement value) => [.. value.EnumerateObject().Select(property => property.Name)];
}
