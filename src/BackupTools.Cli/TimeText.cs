using System.Globalization;

namespace BackupTools.Cli;

/// <summary>Times as people write them: RFC 3339, or a date with or without a time, local where no zone is given.</summary>
internal static class TimeText
{
    private static readonly string[] s_forms =
    [
        "yyyy-MM-dd",
        "yyyy-MM-ddTHH:mmK",
        "yyyy-MM-ddTHH:mm:ssK",
        "yyyy-MM-ddTHH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Reads a time.</summary>
    /// <param name="text">The text.</param>
    /// <param name="utc">The time in UTC.</param>
    /// <returns>Whether it was one.</returns>
    public static bool TryParse(string text, out DateTime utc)
    {
        // A space may stand for the T, and both letters may be small (RFC 3339, 5.6).
        string normal = text.Trim().ToUpperInvariant();
        if (normal.Length > 10 && normal[10] == ' ')
        {
            normal = string.Concat(normal.AsSpan(0, 10), "T", normal.AsSpan(11));
        }

        return DateTime.TryParseExact(
            normal,
            s_forms,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeLocal | DateTimeStyles.AdjustToUniversal,
            out utc);
    }
}
