using System.Globalization;

namespace BackupTools.Core.FileSystem;

/// <summary>A point in time as file systems keep it: nanoseconds since 1970-01-01T00:00:00Z.</summary>
/// <param name="Seconds">Whole seconds, negative before 1970.</param>
/// <param name="Nanoseconds">Nanoseconds within the second, 0 to 999,999,999.</param>
public readonly record struct Timestamp(long Seconds, int Nanoseconds)
{
    // DateTime reaches from year 1 to year 9999; file systems reach further, and such times are kept at the bound.
    private const long MinSeconds = -62135596800;
    private const long MaxSeconds = 253402300799;

    /// <summary>Takes over a date and time (resolution 100 ns).</summary>
    /// <param name="value">The time; its kind must not be unspecified.</param>
    /// <returns>The same instant.</returns>
    public static Timestamp FromDateTime(DateTime value)
    {
        long ticks = value.ToUniversalTime().Ticks - DateTime.UnixEpoch.Ticks;
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        return new Timestamp(seconds, (int)rest * 100);
    }

    /// <summary>The same instant as a UTC date and time, cut to 100 ns.</summary>
    /// <returns>A UTC time.</returns>
    public DateTime ToDateTime() =>
        DateTime.UnixEpoch.AddSeconds(Math.Clamp(Seconds, MinSeconds, MaxSeconds)).AddTicks(Nanoseconds / 100);

    /// <summary>RFC 3339 in UTC with nine digits of fraction.</summary>
    /// <returns>For instance <c>2026-11-21T03:42:18.123456789Z</c>.</returns>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(Math.Clamp(Seconds, MinSeconds, MaxSeconds)):yyyy-MM-ddTHH:mm:ss}.{Nanoseconds:D9}Z");

    /// <summary>Reads what <see cref="ToString"/> writes, with no, three or up to nine digits of fraction.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The instant.</param>
    /// <returns>Whether the text is such a time.</returns>
    public static bool TryParse(string? text, out Timestamp value)
    {
        value = default;
        if (text is null || text.Length < 20 || text[^1] != 'Z')
        {
            return false;
        }

        if (!DateTime.TryParseExact(
                text.AsSpan(0, 19),
                "yyyy-MM-ddTHH:mm:ss",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out DateTime whole))
        {
            return false;
        }

        int nanoseconds = 0;
        ReadOnlySpan<char> fraction = text.AsSpan(19, text.Length - 20);
        if (fraction.Length > 0)
        {
            if (fraction[0] != '.' || fraction.Length is < 2 or > 10)
            {
                return false;
            }

            int scale = 100_000_000;
            foreach (char digit in fraction[1..])
            {
                if (!char.IsAsciiDigit(digit))
                {
                    return false;
                }

                nanoseconds += (digit - '0') * scale;
                scale /= 10;
            }
        }

        value = new Timestamp((whole.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond, nanoseconds);
        return true;
    }
}
