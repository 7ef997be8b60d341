using System.Globalization;

namespace BackupTools.Core.Snapshots;

/// <summary>Spans of time as people write them for waits: <c>500ms</c>, <c>30s</c>, <c>5min</c>, <c>1h</c>.</summary>
public static class DurationText
{
    // Longer than anybody waits; what is longer is a mistake.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(365);

    /// <summary>Reads a whole number with its unit: ms, s, min, h or d. A bare number is refused.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The span.</param>
    /// <returns>Whether the text is one.</returns>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        int digits = rest.IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return false;
        }

        long? unit = rest[digits..] switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "min" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => null,
        };
        if (unit is not { } ticks || count > s_longest.Ticks / ticks)
        {
            return false;
        }

        value = new TimeSpan(count * ticks);
        return true;
    }
}
