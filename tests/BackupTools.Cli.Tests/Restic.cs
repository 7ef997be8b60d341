namespace BackupTools.Cli.Tests;

/// <summary>The real restic, where it is installed.</summary>
internal static class Restic
{
    /// <summary>Runs it to its end.</summary>
    public static ProcessResult Run(TemporaryDirectory directory, string repository, string passwordFile, params string[] arguments) =>
        BackupToolsProcess.RunOther(
            directory, "restic", ["--no-cache", "-r", repository, "--password-file", passwordFile, .. arguments]);
}
