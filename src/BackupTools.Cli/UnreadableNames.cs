using System.Text.Unicode;

namespace BackupTools.Cli;

/// <summary>
/// Names whose bytes are no UTF-8. What .NET makes of them are other names: nothing would be found by them, or something be
/// made under a name that nobody gave.
/// </summary>
internal static class UnreadableNames
{
    private const char Replacement = '\uFFFD';

    /// <summary>Finds such a name among what the program was called with.</summary>
    /// <returns>What to tell, or <see langword="null"/>.</returns>
    public static string? Find(string[] args)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        string? argument = Array.Find(args, static argument => argument.Contains(Replacement, StringComparison.Ordinal));
        if (argument is not null && !Utf8.IsValid(File.ReadAllBytes("/proc/self/cmdline")))
        {
            return $"The argument '{argument}' is not valid UTF-8, so nothing can be found by it. Name the directory that holds it.";
        }

        string directory = Environment.CurrentDirectory;
        return directory.Contains(Replacement, StringComparison.Ordinal) && !Directory.Exists(directory)
            ? $"The name of the current directory, '{directory}', is not valid UTF-8. Call this from another directory."
            : null;
    }
}
