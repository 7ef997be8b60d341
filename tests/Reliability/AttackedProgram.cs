using System.Runtime.InteropServices;

namespace BackupTools.Reliability;

/// <summary>
/// The program that is attacked: by default the one that the build puts beside this one. Compiled beforehand, as packages
/// hold it, it starts in two thirds of the time, which is most of what thousands of short runs take.
/// </summary>
internal static class AttackedProgram
{
    /// <summary>Its full path.</summary>
    public static string Path { get; private set; } =
        System.IO.Path.Join(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "backuptools.exe" : "backuptools");

    /// <summary>Attacks another one.</summary>
    public static void Use(string path) => Path = System.IO.Path.GetFullPath(path);

    /// <summary>Publishes it from the source tree around this program, and attacks that.</summary>
    /// <param name="output">A directory for it.</param>
    /// <returns>Why that could not be done; then the one that was built is attacked.</returns>
    public static string? Publish(string output)
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(System.IO.Path.Join(root, "BackupTools.sln")))
        {
            root = System.IO.Path.GetDirectoryName(root);
        }

        if (root is null)
        {
            return "there is no source tree around this program";
        }

        CommandResult published = Command.RunOther(
            root,
            "dotnet",
            [
                "publish", "src/BackupTools.Cli", "-m:1", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false",
                "-p:PublishReadyToRun=true", "-o", output,
            ]);
        if (published.ExitCode != 0)
        {
            return "it could not be published: " + published.Output.Trim().Split('\n')[^1];
        }

        Use(System.IO.Path.Join(output, System.IO.Path.GetFileName(Path)));
        return null;
    }
}
