using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Retention;

public sealed class CalendarDurationTests
{
    [Theory]
    [InlineData("1y2m10d4h", 1, 2, 10, 4)]
    [InlineData("36h", 0, 0, 0, 36)]
    [InlineData("4h1y", 1, 0, 0, 4)]
    [InlineData(" 0d ", 0, 0, 0, 0)]
    public void A_span_is_read_and_written(string text, int years, int months, int days, int hours)
    {
        Assert.True(CalendarDuration.TryParse(text, out CalendarDuration span));
        Assert.Equal(new CalendarDuration(years, months, days, hours), span);
        Assert.True(CalendarDuration.TryParse(span.ToString(), out CalendarDuration again));
        Assert.Equal(span, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("-1d")]
    [InlineData("1d2")]
    [InlineData("1d1d")]
    [InlineData("1w")]
    [InlineData("1.5d")]
    [InlineData("99999999999y")]
    public void What_is_no_span_is_refused(string? text) => Assert.False(CalendarDuration.TryParse(text, out _));

    [Theory]
    [InlineData("1m", "2026-03-03T15:30:00")]
    [InlineData("1y1m", "2025-03-03T15:30:00")]
    [InlineData("25m", "2024-03-02T15:30:00")]
    [InlineData("31d16h", "2026-02-27T23:30:00")]
    [InlineData("5000y", "0001-01-01T00:00:00")]
    [InlineData("2025y2000000000d", "0001-01-01T00:00:00")]
    public void Months_have_their_own_lengths(string text, string expected)
    {
        Assert.True(CalendarDuration.TryParse(text, out CalendarDuration span));
        DateTime before = span.SubtractFrom(new DateTime(2026, 3, 31, 15, 30, 0, DateTimeKind.Utc));
        Assert.Equal(expected, before.ToString("yyyy-MM-ddTHH:mm:ss", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(DateTimeKind.Utc, before.Kind);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("5min", 300_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0s", 0)]
    public void A_wait_is_read(string text, int milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan span));
        Assert.Equal(milliseconds, span.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("5m")]
    [InlineData("-5s")]
    [InlineData("1h30min")]
    [InlineData("9999999999999999999s")]
    [InlineData("999999999999999d")]
    public void What_is_no_wait_is_refused(string? text) => Assert.False(DurationText.TryParse(text, out _));
}
