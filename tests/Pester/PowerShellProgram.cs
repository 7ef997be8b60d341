using System.Diagnostics;

namespace BackupTools.Pester;

/// <summary>The PowerShell on this machine, if there is one.</summary>
internal static class PowerShellProgram
{
    private static readonly string[] s_names = OperatingSystem.IsWindows() ? ["pwsh.exe"] : ["pwsh"];

    /// <summary>Finds it on <c>PATH</c>, or where its installers put it.</summary>
    public static string? Find() => Places()
        .SelectMany(place => s_names.Select(name => Path.Join(place, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>Runs a script to its end.</summary>
    public static (int ExitCode, string Output) RunFile(string program, string script, params string[] arguments)
    {
        ProcessStartInfo start = new(program, ["-NoProfile", "-NonInteractive", "-File", script, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NO_COLOR"] = "1";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static IEnumerable<string> Places()
    {
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] installed = OperatingSystem.IsWindows()
            ? [Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PowerShell", "7")]
            : ["/usr/bin", "/usr/local/bin", "/opt/microsoft/powershell/7", "/usr/local/microsoft/powershell/7", "/opt/homebrew/bin", "/snap/bin"];
        return [.. path, .. installed, Path.Join(home, ".dotnet", "tools")];
    }
}
