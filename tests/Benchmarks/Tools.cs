using System.Runtime.InteropServices;

namespace BackupTools.Benchmarks;

/// <summary>The programs that take part.</summary>
internal sealed class Tools
{
    private static readonly string[] s_names = ["sqlite3", "sha256sum", "openssl", "cp", "sync", "rsync", "restic"];

    private readonly CommandRunner _runner;
    private readonly HashSet<string> _present;

    public Tools(CommandRunner runner, string repository)
    {
        _runner = runner;
        Repository = repository;
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        _present = [.. s_names.Where(name => folders.Any(folder => File.Exists(Path.Join(folder, name))))];
    }

    /// <summary>The root of the source tree.</summary>
    public string Repository { get; }

    /// <summary>Says which of the programs are not here, or nothing.</summary>
    public string? Missing(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (!_present.Contains(name))
            {
                return $"{name} is not installed";
            }
        }

        return null;
    }

    /// <summary>Publishes the command line as a package would, precompiled for this system.</summary>
    public string PublishBackupTools(string output)
    {
        Publish(Path.Join(Repository, "src", "BackupTools.Cli"), output);
        return Path.Join(output, "backuptools");
    }

    /// <summary>A console program that does nothing, published likewise: what starting the runtime costs.</summary>
    public string PublishEmptyProgram(string scratch)
    {
        string source = Path.Join(scratch, "empty");
        Directory.CreateDirectory(source);

        // The settings of the tree around it do not count here.
        File.WriteAllText(Path.Join(source, "Directory.Build.props"), "<Project />");
        File.WriteAllText(Path.Join(source, "Directory.Packages.props"), "<Project />");
        File.WriteAllText(Path.Join(source, "Program.cs"), "return 0;");
        File.WriteAllText(Path.Join(source, "empty.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
            </Project>
            """);
        string output = Path.Join(source, "published");
        Publish(source, output);
        return Path.Join(output, "empty");
    }

    public string Version(string name, string argument)
    {
        if (Missing(name) is { } missing)
        {
            return missing;
        }

        string line = _runner.Run(name, argument).Split('\n')[0].Trim();
        return line.StartsWith(name, StringComparison.Ordinal) ? line : $"{name} {line}";
    }

    private void Publish(string project, string output) => _runner.RunIn(
        project,
        "dotnet", "publish", "-m:1", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false",
        "-p:PublishReadyToRun=true", "-o", output);
}
