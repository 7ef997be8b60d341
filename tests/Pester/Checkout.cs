using System.Reflection;

namespace BackupTools.Pester;

/// <summary>Where the files under test are.</summary>
internal static class Checkout
{
    /// <summary>The directory that holds <c>BackupTools.psd1</c>.</summary>
    public static string Directory => Metadata(nameof(Checkout));

    /// <summary>The command line's program, as built.</summary>
    public static string CommandLine => Metadata(nameof(CommandLine));

    /// <summary>A file whose lines are shown after the run.</summary>
    public static string PesterReport => Metadata(nameof(PesterReport));

    private static string Metadata(string key) => typeof(Checkout).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
