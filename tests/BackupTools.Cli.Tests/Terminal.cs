using System.Diagnostics;
using System.Text;

namespace BackupTools.Cli.Tests;

/// <summary>A run of the program on a terminal of its own, which <c>script</c> makes, with somebody who answers.</summary>
internal sealed class Terminal : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _script;
    private readonly StringBuilder _shown = new();
    private readonly Task _reading;
    private readonly string _name;
    private int _read;

    public Terminal(TemporaryDirectory directory, string arguments, string before = "")
    {
        Assert.DoesNotContain('\'', directory.Path);
        string command = $"{before}tty > tty.new; mv tty.new tty; dotnet exec '{BackupToolsProcess.Program}' {arguments}; echo exit=$?; stty -a";
        ProcessStartInfo start = new("script", ["-q", "-c", command, "/dev/null"])
        {
            WorkingDirectory = directory.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // No colours, and no password from outside.
        start.Environment["TERM"] = "dumb";
        foreach (string name in start.Environment.Keys.Where(name => name.Contains("_PASSWORD", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        _script = Process.Start(start)!;
        _reading = Task.Run(Read);
        WaitUntil(() => File.Exists(directory["tty"]));
        _name = File.ReadAllText(directory["tty"]).Trim();
    }

    public static void SkipWhereMissing()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no script command to make a terminal");
        Skip.IfNot(
            Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(path => File.Exists(Path.Join(path, "script"))),
            "script is not installed");
        Skip.IfNot(OperatingSystem.IsLinux(), "the options of script are those of Linux");
    }

    /// <summary>Everything that the terminal showed.</summary>
    public string Shown
    {
        get
        {
            lock (_shown)
            {
                return _shown.ToString();
            }
        }
    }

    /// <summary>Waits for a question, and until the terminal does not show what is typed any more; then types.</summary>
    public void Answer(string question, string text)
    {
        WaitUntil(() => Shown.IndexOf(question, _read, StringComparison.Ordinal) >= 0);
        _read = Shown.IndexOf(question, _read, StringComparison.Ordinal) + question.Length;
        WaitUntil(() => !Shows());
        _script.StandardInput.Write(text);
        _script.StandardInput.Flush();
    }

    /// <summary>
    /// Presses a key until the program ends: a terminal may drop what arrives while its settings change, and somebody who
    /// sees nothing happen presses again.
    /// </summary>
    public void Insist(string key)
    {
        while (!_script.WaitForExit(TimeSpan.FromSeconds(10)) && !Shown.Contains("exit=", StringComparison.Ordinal))
        {
            _script.StandardInput.Write(key);
            _script.StandardInput.Flush();
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The program's exit code, and whether the terminal shows what is typed again.</returns>
    public (int ExitCode, bool IsEchoing) Wait()
    {
        Assert.True(_script.WaitForExit(s_patience), Shown);
        Assert.True(_reading.Wait(s_patience));
        string after = Shown[(Shown.LastIndexOf("exit=", StringComparison.Ordinal) + 5)..];
        return (int.Parse(after.AsSpan(0, after.IndexOfAny(['\r', '\n'])), null), after.Contains(" echo ", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        if (!_script.HasExited)
        {
            _script.Kill(entireProcessTree: true);
        }

        _script.Dispose();
    }

    private bool Shows()
    {
        using Process stty = Process.Start(new ProcessStartInfo("stty", ["-F", _name, "-a"]) { RedirectStandardOutput = true })!;
        string settings = stty.StandardOutput.ReadToEnd();
        stty.WaitForExit();
        Assert.Equal(0, stty.ExitCode);
        return !settings.Contains(" -echo ", StringComparison.Ordinal);
    }

    private void WaitUntil(Func<bool> condition) =>
        Assert.True(SpinWait.SpinUntil(() => condition() || _script.HasExited, s_patience) && condition(), Shown);

    private void Read()
    {
        char[] buffer = new char[4096];
        while (_script.StandardOutput.Read(buffer) is int count and > 0)
        {
            lock (_shown)
            {
                _shown.Append(buffer, 0, count);
            }
        }
    }
}
