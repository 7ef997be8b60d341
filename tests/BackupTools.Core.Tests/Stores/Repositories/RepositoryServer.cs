using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>A program that serves a repository in a local directory to restic, on a port that it chooses itself.</summary>
internal sealed partial class RepositoryServer : IDisposable
{
    public const string RestServer = "rest-server";
    public const string Rclone = "rclone";

    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private RepositoryServer(string program, params string[] arguments)
    {
        _process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        BlockingCollection<string?> lines = [];
        _process.OutputDataReceived += (_, line) => lines.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => lines.Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        // It tells its port when it listens; both streams end when it has ended.
        for (int ended = 0; ended < 2 && Address is null;)
        {
            string? line = lines.Take();
            ended += line is null ? 1 : 0;
            _said.AppendLine(line);
            Address = Listening().Match(line ?? string.Empty) is { Success: true } found ? $"rest:http://{found.Value}/" : null;
        }
    }

    /// <summary>What restic takes for the repository.</summary>
    public string? Address { get; }

    /// <summary>Starts one of the servers on a directory; skips where it is not installed.</summary>
    public static RepositoryServer Start(string server, string directory)
    {
        string[] names = server == Rclone ? [Rclone] : ["restic-rest-server", "rest-server"];
        string? program = names.FirstOrDefault(Tool.Exists);
        Skip.If(program is null, $"{string.Join(" or ", names)} is not installed");
        RepositoryServer started = server == Rclone
            ? new(program, "serve", "restic", directory, "--addr", "127.0.0.1:0")
            : new(program, "--path", directory, "--no-auth", "--listen", "127.0.0.1:0");
        if (started.Address is null)
        {
            started.Dispose();
            Assert.Fail($"{program} does not listen: {started._said}");
        }

        return started;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    [GeneratedRegex(@"127\.0\.0\.1:[1-9][0-9]*")]
    private static partial Regex Listening();
}
