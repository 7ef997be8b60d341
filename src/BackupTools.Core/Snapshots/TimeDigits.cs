using System.Globalization;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// Dates and times by their digits, without a culture: a listing reads and writes thousands of them, and a command that
/// runs for milliseconds would spend one of them on setting up the calendar's names.
/// </summary>
internal static class TimeDigits
{
    /// <summary>Reads a whole number of digits only.</summary>
    public static bool TryRead(ReadOnlySpan<char> digits, out int value)
    {
        value = 0;
        foreach (char c in digits)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }

    /// <summary>Makes a UTC time of its parts, where there is such a time.</summary>
    /// <param name="date">A date as <c>2026-11-21</c>.</param>
    /// <param name="hour">Two digits.</param>
    /// <param name="minute">Two digits.</param>
    /// <param name="second">Two digits.</param>
    /// <param name="time">The time.</param>
    public static bool TryCreate(
        ReadOnlySpan<char> date, ReadOnlySpan<char> hour, ReadOnlySpan<char> minute, ReadOnlySpan<char> second, out DateTime time)
    {
        time = default;
        if (date is not [_, _, _, _, '-', _, _, '-', _, _]
            || !TryRead(date[..4], out int year)
            || !TryRead(date[5..7], out int month)
            || !TryRead(date[8..], out int day)
            || !TryRead(hour, out int hours)
            || !TryRead(minute, out int minutes)
            || !TryRead(second, out int seconds)
            || year < 1
            || month is < 1 or > 12
            || day < 1
            || day > DateTime.DaysInMonth(year, month)
            || hours > 23
            || minutes > 59
            || seconds > 59)
        {
            return false;
        }

        time = new DateTime(year, month, day, hours, minutes, seconds, DateTimeKind.Utc);
        return true;
    }

    /// <summary>A time as <c>2026-11-21T09:30:00.1230000Z</c>: the one form that the base library writes without a culture.</summary>
    public static ReadOnlySpan<char> Write(DateTime time, Span<char> room) =>
        time.ToUniversalTime().TryFormat(room, out int length, "O", CultureInfo.InvariantCulture) ? room[..length] : default;
}
