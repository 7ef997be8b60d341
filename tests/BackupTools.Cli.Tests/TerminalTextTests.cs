using BackupTools.Core;

namespace BackupTools.Cli.Tests;

public class TerminalTextTests
{
    [Theory]
    [InlineData("plain é 日本 C:\\x", "plain é 日本 C:\\x")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("\u001b[31m\u007f\u009b", "\\x1b[31m\\x7f\\x9b")]
    [InlineData("a\u202egnp.exe\u2028", "a\\u202egnp.exe\\u2028")]
    public void What_could_command_a_terminal_is_escaped(string text, string safe) => Assert.Equal(safe, TerminalText.Escape(text));

    [Theory]
    [InlineData("/path/to/file", 13, "/path/to/file")]
    [InlineData("/path/to/file", 12, "/pat.../file")]
    [InlineData("/path/to/file", 3, "")]
    [InlineData("日本日本日本", 9, "日...本")]
    public void A_path_is_shortened_in_its_middle(string text, int columns, string expected)
    {
        Assert.Equal(expected, TerminalText.Shorten(text, columns));
        Assert.True(TerminalText.Width(expected) <= columns);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1048575, "1.0 MiB")]
    [InlineData(1572864, "1.5 MiB")]
    [InlineData(1L << 40, "1.0 TiB")]
    public void Sizes_have_the_unit_that_suits_them(long bytes, string expected) => Assert.Equal(expected, TerminalText.Size(bytes));

    [Fact]
    public void Progress_tells_bytes_rate_time_left_and_item()
    {
        ProgressLine line = new();
        line.Render(new ProgressReport("Copying", "a", 0, 1000 << 20, 0), TimeSpan.FromSeconds(10), 79);
        string text = line.Render(new ProgressReport("Copying", "dir/a\u001bb", 100 << 20, 1000 << 20, 0), TimeSpan.FromSeconds(12), 79);
        Assert.Equal("Copying 100.0 MiB of 1000.0 MiB (10 %), 50.0 MiB/s, 0:18 left  dir/a\\x1bb", text);
    }

    [Fact]
    public void A_new_activity_counts_anew()
    {
        ProgressLine line = new();
        line.Render(new ProgressReport("Copying", "a", 0, null, 0), TimeSpan.FromSeconds(0), 79);
        line.Render(new ProgressReport("Copying", "a", 5000, null, 1), TimeSpan.FromSeconds(1), 79);
        string text = line.Render(new ProgressReport("Checking", "a", 0, null, 0), TimeSpan.FromSeconds(2), 79);
        Assert.Equal("Checking 0 B, 0 entries  a", text);
    }

    [Fact]
    public void Progress_never_takes_more_than_the_width()
    {
        for (int columns = 0; columns < 120; columns++)
        {
            ProgressLine line = new();
            ProgressReport report = new("Copying", new string('日', 70), 123456789, 987654321, 7);
            line.Render(report with { BytesDone = 0 }, TimeSpan.Zero, columns);
            Assert.InRange(TerminalText.Width(line.Render(report, TimeSpan.FromSeconds(1), columns)), 0, columns);
        }
    }
}
