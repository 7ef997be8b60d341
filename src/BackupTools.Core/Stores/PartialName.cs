using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>
/// The names of what a run has not published yet, <c>.partial-&lt;host&gt;-&lt;run&gt;-&lt;part&gt;</c>: they tell who
/// left it behind, so that the next run may clean up after a dead one of the same host.
/// </summary>
internal static class PartialName
{
    private const int RunLength = 12;
    private const int MaxHostLength = 48;

    /// <summary>This machine, as it stands in names: without the dash, which parts the fields.</summary>
    public static string ThisHost { get; } = Sanitize(Environment.MachineName);

    /// <summary>A run's mark, new at each call.</summary>
    public static string NewRun() => RandomNumberGenerator.GetHexString(RunLength, lowercase: true);

    public static EntryName Of(string run, string part) =>
        EntryName.FromText($"{SnapshotStem.PartialPrefix}{ThisHost}-{run}-{part}");

    /// <summary>Takes the host out of such a name.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string name, out string host)
    {
        host = string.Empty;
        if (!name.StartsWith(SnapshotStem.PartialPrefix, StringComparison.Ordinal)
            || name.EndsWith(SnapshotStem.ManifestSuffix, StringComparison.Ordinal))
        {
            return false;
        }

        string[] fields = name[SnapshotStem.PartialPrefix.Length..].Split('-', 3);
        if (fields.Length < 3
            || fields[0].Length == 0
            || fields[1].Length != RunLength
            || !fields[1].All(char.IsAsciiHexDigitLower)
            || fields[2].Length == 0)
        {
            return false;
        }

        host = fields[0];
        return true;
    }

    public static string Sanitize(string host)
    {
        StringBuilder clean = new();
        foreach (char c in host)
        {
            clean.Append(char.IsAsciiLetterOrDigit(c) || c == '.' ? char.ToLowerInvariant(c) : '_');
        }

        return clean.Length == 0 ? "unknown" : clean.ToString(0, Math.Min(clean.Length, MaxHostLength));
    }
}
