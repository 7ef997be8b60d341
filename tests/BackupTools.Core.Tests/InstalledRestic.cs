using System.Text.RegularExpressions;

namespace BackupTools.Core.Tests;

/// <summary>The restic that is first on <c>PATH</c>. Tests ask of it what its version can do, and skip the rest by name.</summary>
internal static partial class InstalledRestic
{
    private static readonly Version? s_version = ReadVersion();

    public static bool IsInstalled => s_version is not null;

    /// <summary>The newest format of a repository that it knows; where there is none, what is made by default.</summary>
    public static int Format => KnowsFormat(2) ? 2 : 1;

    /// <summary>Whether it is there, and opens repositories of a format.</summary>
    public static bool CanOpen(int format) => s_version is not null && KnowsFormat(format);

    public static void SkipWhereMissing() => Skip.If(s_version is null, "restic is not installed");

    /// <summary>Skips where it is missing, or does not know a format.</summary>
    public static void SkipUnlessItOpens(int format)
    {
        SkipWhereMissing();
        Skip.IfNot(KnowsFormat(format), $"restic {s_version} does not know format {format}; 0.14 and later do");
    }

    /// <summary>Skips where it is missing, or too old for a command or an option.</summary>
    public static void SkipBefore(string version, string what)
    {
        SkipWhereMissing();
        Skip.If(s_version < Version.Parse(version), $"restic {s_version} has no {what}; {version} and later have");
    }

    private static bool KnowsFormat(int format) => format == 1 || s_version is null || s_version >= new Version(0, 14);

    private static Version? ReadVersion() =>
        Tool.Runs("restic", "version") && Number().Match(Tool.Run("restic", ["version"])) is { Success: true } number
            ? Version.Parse(number.ValueSpan)
            : null;

    [GeneratedRegex(@"(?<=^restic )\d+\.\d+(\.\d+)?")]
    private static partial Regex Number();
}
