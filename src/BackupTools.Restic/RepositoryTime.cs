
namespace BackupTools.Restic;

/// <summary>
/// A time as repositories keep it: to the nanosecond, with the zone in which it was written. What is read is written
/// again as it was, so the zone is part of the value.
/// </summary>
/// <param name="UnixSeconds">Whole seconds since 1970-01-01T00:00:00Z, negative before.</param>
/// <param name="Nanoseconds">Nanoseconds within the second.</param>
/// <param name="OffsetMinutes">How far the zone is ahead of UTC.</param>
public readonly record struct RepositoryTime(long UnixSeconds, int Nanoseconds, short OffsetMinutes)
{
    /// <summary>The longest text: <c>2006-01-02T15:04:05.999999999+07:00</c>.</summary>
    internal const int MaxTextLength = 35;

    private const long SecondsPerDay = 86400;

    // What the text can tell: years 0 to 9999.
    private const long MinLocalSeconds = -62167219200;
    private const long MaxLocalSeconds = 253402300799;

    /// <summary>The time now, in this machine's zone.</summary>
    public static RepositoryTime Now => FromDateTime(DateTime.UtcNow);

    /// <summary>Takes over a time, and tells it in this machine's zone, as restic does.</summary>
    /// <param name="unixSeconds">Whole seconds since 1970.</param>
    /// <param name="nanoseconds">Nanoseconds within the second.</param>
    public static RepositoryTime FromUnix(long unixSeconds, int nanoseconds)
    {
        long clamped = Math.Clamp(unixSeconds, -62135596800 + SecondsPerDay, MaxLocalSeconds - SecondsPerDay);
        TimeSpan offset = TimeZoneInfo.Local.GetUtcOffset(DateTime.UnixEpoch.AddSeconds(clamped));
        return new RepositoryTime(unixSeconds, nanoseconds, (short)offset.TotalMinutes);
    }

    /// <summary>Takes over a time, and tells it in this machine's zone.</summary>
    /// <param name="value">The time; its kind must not be unspecified.</param>
    public static RepositoryTime FromDateTime(DateTime value)
    {
        long ticks = value.ToUniversalTime().Ticks - DateTime.UnixEpoch.Ticks;
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        return rest < 0
            ? FromUnix(seconds - 1, (int)(rest + TimeSpan.TicksPerSecond) * 100)
            : FromUnix(seconds, (int)rest * 100);
    }

    /// <summary>The same instant in UTC, cut to 100 ns; at the bound where a <see cref="DateTime"/> does not reach.</summary>
    public DateTime ToDateTime() =>
        DateTime.UnixEpoch.AddSeconds(Math.Clamp(UnixSeconds, -62135596800, MaxLocalSeconds)).AddTicks(Nanoseconds / 100);

    /// <summary>Whether this is the same instant, whatever the zone.</summary>
    public bool IsSameInstant(RepositoryTime other) => UnixSeconds == other.UnixSeconds && Nanoseconds == other.Nanoseconds;

    /// <summary>RFC 3339 with the fraction's zeros at the end left out, as Go writes times.</summary>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[MaxTextLength];
        return System.Text.Encoding.ASCII.GetString(text[..Format(text)]);
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The time.</param>
    /// <returns>Whether the text is a time.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out RepositoryTime value)
    {
        value = default;
        if (text.Length < 20
            || !TryRead(text, 0, 4, '-', out int year) || !TryRead(text, 5, 2, '-', out int month)
            || !TryRead(text, 8, 2, 'T', out int day) || !TryRead(text, 11, 2, ':', out int hour)
            || !TryRead(text, 14, 2, ':', out int minute) || !TryRead(text, 17, 2, null, out int second)
            || month is < 1 or > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        int end = 19;
        int nanoseconds = 0;
        if (text[end] == '.')
        {
            int scale = 100_000_000;
            for (end++; end < text.Length && char.IsAsciiDigit((char)text[end]); end++)
            {
                nanoseconds += (text[end] - '0') * scale;
                scale /= 10;
            }
        }

        int offset = 0;
        ReadOnlySpan<byte> zone = text[end..];
        if (!zone.SequenceEqual("Z"u8))
        {
            if (zone.Length != 6 || zone[0] is not ((byte)'+' or (byte)'-')
                || !TryRead(zone, 1, 2, ':', out int hours) || !TryRead(zone, 4, 2, null, out int minutes))
            {
                return false;
            }

            offset = (zone[0] == '-' ? -1 : 1) * ((hours * 60) + minutes);
        }

        long local = (GetDays(year, month, day) * SecondsPerDay) + (hour * 3600) + (minute * 60) + second;
        value = new RepositoryTime(local - (offset * 60), nanoseconds, (short)offset);
        return true;
    }

    /// <summary>Writes the text in UTF-8.</summary>
    /// <returns>How many bytes were written.</returns>
    internal int Format(Span<byte> destination)
    {
        long local = Math.Clamp(UnixSeconds + (OffsetMinutes * 60), MinLocalSeconds, MaxLocalSeconds);
        long days = Math.DivRem(local, SecondsPerDay, out long second);
        if (second < 0)
        {
            days--;
            second += SecondsPerDay;
        }

        (int year, int month, int day) = GetDate(days);
        Write(destination, 0, 4, year, '-');
        Write(destination, 5, 2, month, '-');
        Write(destination, 8, 2, day, 'T');
        Write(destination, 11, 2, (int)(second / 3600), ':');
        Write(destination, 14, 2, (int)(second / 60 % 60), ':');
        Write(destination, 17, 2, (int)(second % 60), '.');
        int length = 19;
        if (Nanoseconds != 0)
        {
            Write(destination, 20, 9, Nanoseconds, null);
            length = 29;
            while (destination[length - 1] == '0')
            {
                length--;
            }
        }

        if (OffsetMinutes == 0)
        {
            destination[length] = (byte)'Z';
            return length + 1;
        }

        int offset = Math.Abs(OffsetMinutes);
        destination[length] = (byte)(OffsetMinutes < 0 ? '-' : '+');
        Write(destination, length + 1, 2, offset / 60, ':');
        Write(destination, length + 4, 2, offset % 60, null);
        return length + 6;
    }

    private static bool TryRead(ReadOnlySpan<byte> text, int start, int digits, char? behind, out int value)
    {
        value = 0;
        foreach (byte digit in text.Slice(start, digits))
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return behind is null || text[start + digits] == behind;
    }

    private static void Write(Span<byte> destination, int start, int digits, int value, char? behind)
    {
        for (int i = start + digits - 1; i >= start; i--)
        {
            destination[i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        if (behind is char next)
        {
            destination[start + digits] = (byte)next;
        }
    }

    // The Gregorian calendar, continued backwards to year 0, which DateTime does not know and Go writes. Counted in years
    // that begin in March, so that the leap day is a year's last, and in eras of 400 years.
    private static long GetDays(int year, int month, int day)
    {
        long shifted = month <= 2 ? year - 1 : year;
        long era = (shifted >= 0 ? shifted : shifted - 399) / 400;
        long yearOfEra = shifted - (era * 400);
        long dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        return (era * 146097) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719468;
    }

    private static (int Year, int Month, int Day) GetDate(long days)
    {
        long shifted = days + 719468;
        long era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
        long dayOfEra = shifted - (era * 146097);
        long yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36524) - (dayOfEra / 146096)) / 365;
        long dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        long monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        int month = (int)(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9);
        int year = (int)(yearOfEra + (era * 400)) + (month <= 2 ? 1 : 0);
        return (year, month, (int)(dayOfYear - (((153 * monthFromMarch) + 2) / 5) + 1));
    }
}
