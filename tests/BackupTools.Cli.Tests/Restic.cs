namespace BackupTools.Cli.Tests;

/// <summary>The real restic, where it is installed.</summary>
internal static class Restic
{
    public static bool IsInstalled =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator)
            .Any(path => File.Exists(Path.Join(path, "restic")));

    public static void SkipWhereMissing() => Skip.IfNot(IsInstalled, "restic is not installed");

    /// <summary>Runs it to its end.</summary>
    public static ProcessResult Run(TemporaryDirectory directory, string repository, string passwordFile, params string[] arguments) =>
        BackupToolsProcess.RunOther(
            directory, "restic", ["--no-cache", "-r", repository, "--password-file", passwordFile, .. arguments]);
}
