using System.Globalization;
using System.Text;

namespace BackupTools.Core.Retention;

/// <summary>A span of calendar time in restic's form, such as <c>1y2m10d4h</c>; m is months.</summary>
/// <param name="Years">Years.</param>
/// <param name="Months">Months.</param>
/// <param name="Days">Days.</param>
/// <param name="Hours">Hours.</param>
public readonly record struct CalendarDuration(int Years, int Months, int Days, int Hours)
{
    /// <summary>Whether it spans no time.</summary>
    public bool IsZero => Years == 0 && Months == 0 && Days == 0 && Hours == 0;

    /// <summary>Reads whole numbers with their units (y, m, d, h), each unit at most once. A bare number is refused.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The span.</param>
    /// <returns>Whether the text is one.</returns>
    public static bool TryParse(string? text, out CalendarDuration value)
    {
        value = default;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        int?[] counts = new int?[4];
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0
                || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                || "ymdh".IndexOf(rest[digits], StringComparison.Ordinal) is not (>= 0 and var unit)
                || counts[unit] is not null)
            {
                return false;
            }

            counts[unit] = count;
            rest = rest[(digits + 1)..];
        }

        value = new CalendarDuration(counts[0] ?? 0, counts[1] ?? 0, counts[2] ?? 0, counts[3] ?? 0);
        return true;
    }

    /// <summary>
    /// The time this long before another, on the calendar: years and months first, where a day that the month does not
    /// have runs over into the next one (31 March less a month is 3 March, or 2 March in a leap year), then days, then hours.
    /// </summary>
    /// <param name="time">The later time.</param>
    /// <returns>The earlier time; the first there is, where it would lie before that.</returns>
    public DateTime SubtractFrom(DateTime time)
    {
        long month = (time.Year * 12L) + time.Month - 1 - (Years * 12L) - Months;
        if (month < 12)
        {
            return DateTime.SpecifyKind(DateTime.MinValue, time.Kind);
        }

        DateTime first = new((int)(month / 12), (int)(month % 12) + 1, 1, 0, 0, 0, time.Kind);
        Int128 ticks = first.Ticks
            + ((Int128)(time.Day - 1L - Days) * TimeSpan.TicksPerDay)
            + time.TimeOfDay.Ticks
            - ((Int128)Hours * TimeSpan.TicksPerHour);
        return new DateTime((long)Int128.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), time.Kind);
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    /// <returns>For instance <c>1y2m10d4h</c>.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach ((int count, char unit) in ((int, char)[])[(Years, 'y'), (Months, 'm'), (Days, 'd'), (Hours, 'h')])
        {
            if (count != 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }

        return text.Length == 0 ? "0h" : text.ToString();
    }
}
