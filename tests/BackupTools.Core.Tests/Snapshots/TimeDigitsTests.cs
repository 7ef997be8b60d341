using System.Globalization;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Snapshots;

public class TimeDigitsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Times_are_written_and_read_as_the_base_library_does(int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < 1000; i++)
        {
            long milliseconds = random.NextInt64(DateTime.MaxValue.Ticks / TimeSpan.TicksPerMillisecond);
            DateTime time = new(milliseconds * TimeSpan.TicksPerMillisecond, DateTimeKind.Utc);
            string text = UtcTimeText.Format(time);
            string stamp = SnapshotStem.FormatStamp(time);

            Assert.Equal(time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), text);
            Assert.True(UtcTimeText.TryParse(text, out DateTime read));
            Assert.Equal((time, DateTimeKind.Utc), (read, read.Kind));
            Assert.Equal(time.ToString("yyyy-MM-dd'T'HHmmss'Z'", CultureInfo.InvariantCulture), stamp);
            Assert.True(SnapshotStem.TryParse("app-" + stamp, out SnapshotStem? stem));
            Assert.Equal(time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond)), stem.Stamp);
        }
    }

    [Theory]
    [InlineData("0000-01-01T00:00:00.000Z")]
    [InlineData("2026-02-29T00:00:00.000Z")]
    [InlineData("2026-13-01T00:00:00.000Z")]
    [InlineData("2026-00-01T00:00:00.000Z")]
    [InlineData("2026-01-00T00:00:00.000Z")]
    [InlineData("2026-01-01T24:00:00.000Z")]
    [InlineData("2026-01-01T00:60:00.000Z")]
    [InlineData("2026-01-01T00:00:60.000Z")]
    [InlineData("2026-01-01T00:00:00.0x0Z")]
    [InlineData("2026/01/01T00:00:00.000Z")]
    [InlineData("+026-01-01T00:00:00.000Z")]
    public void What_is_no_time_is_not_taken_for_one(string text)
    {
        Assert.False(UtcTimeText.TryParse(text, out _));
        if (text[20..23] == "000")
        {
            Assert.False(SnapshotStem.TryParse("app-" + text[..13] + text[14..16] + text[17..19] + "Z", out _));
        }
    }
}
