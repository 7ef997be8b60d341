namespace BackupTools.Cli.Tests;

public class TimeTextTests
{
    [Theory]
    [InlineData("2026-11-21T13:30:00Z", "2026-11-21T13:30:00.0000000Z")]
    [InlineData("2026-11-21t13:30:00.25z", "2026-11-21T13:30:00.2500000Z")]
    [InlineData("2026-11-21 13:30:00+02:00", "2026-11-21T11:30:00.0000000Z")]
    [InlineData("2026-11-21T13:30-05:30", "2026-11-21T19:00:00.0000000Z")]
    public void A_time_with_a_zone_is_that_time(string text, string utc)
    {
        Assert.True(TimeText.TryParse(text, out DateTime time));
        Assert.Equal(utc, time.ToString("O"));
    }

    [Theory]
    [InlineData("2026-11-21", "2026-11-21T00:00:00")]
    [InlineData("2026-11-21 14:30", "2026-11-21T14:30:00")]
    [InlineData("2026-11-21 14:30:05", "2026-11-21T14:30:05")]
    [InlineData("2026-11-21T14:30:05", "2026-11-21T14:30:05")]
    public void A_time_without_a_zone_is_local(string text, string local)
    {
        Assert.True(TimeText.TryParse(text, out DateTime time));
        Assert.Equal(DateTimeKind.Utc, time.Kind);
        Assert.Equal(local, time.ToLocalTime().ToString("s"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("21.11.2026")]
    [InlineData("2026-11")]
    [InlineData("2026-13-01")]
    [InlineData("2026-11-21T25:00:00Z")]
    [InlineData("14:30")]
    public void Anything_else_is_refused(string text) => Assert.False(TimeText.TryParse(text, out _));
}
