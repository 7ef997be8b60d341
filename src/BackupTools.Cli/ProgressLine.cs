using System.Globalization;
using BackupTools.Core;

namespace BackupTools.Cli;

/// <summary>The line that tells how far a run is: bytes, rate, time left, item.</summary>
internal sealed class ProgressLine
{
    // Long enough to be steady, short enough to follow a disk that slows down.
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(5);

    private readonly Queue<(TimeSpan Time, long Bytes)> _samples = new();
    private string _activity = string.Empty;
    private long _lastBytes;

    /// <summary>Makes the line.</summary>
    /// <param name="report">How far the run is.</param>
    /// <param name="now">The time on any clock that runs evenly.</param>
    /// <param name="columns">How many columns the line may take.</param>
    /// <returns>The line, without an end.</returns>
    public string Render(ProgressReport report, TimeSpan now, int columns)
    {
        double rate = Measure(report, now);
        string line = TerminalText.Escape(report.Activity);
        if (report.BytesTotal is long total)
        {
            long percent = total > 0 ? Math.Min(100, (long)(100.0 * report.BytesDone / total)) : 100;
            line += string.Create(
                CultureInfo.InvariantCulture,
                $" {TerminalText.Size(report.BytesDone)} of {TerminalText.Size(total)} ({percent} %)");
        }
        else
        {
            line += string.Create(
                CultureInfo.InvariantCulture,
                $" {TerminalText.Size(report.BytesDone)}, {report.EntriesDone:N0} {(report.EntriesDone == 1 ? "entry" : "entries")}");
        }

        if (rate > 0)
        {
            line += $", {TerminalText.Size(rate)}/s";
            if (report.BytesTotal > report.BytesDone)
            {
                line += $", {Duration((report.BytesTotal.Value - report.BytesDone) / rate)} left";
            }
        }

        line = TerminalText.Shorten(line, columns);
        string item = TerminalText.Shorten(TerminalText.Escape(report.Item), columns - TerminalText.Width(line) - 2);
        return item.Length > 0 ? $"{line}  {item}" : line;
    }

    private static string Duration(double seconds)
    {
        long whole = (long)Math.Ceiling(Math.Min(seconds, TimeSpan.FromDays(99).TotalSeconds));
        return whole < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{whole / 60}:{whole % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 3600}:{whole / 60 % 60:00}:{whole % 60:00}");
    }

    private double Measure(ProgressReport report, TimeSpan now)
    {
        if (report.Activity != _activity || report.BytesDone < _lastBytes)
        {
            _activity = report.Activity;
            _samples.Clear();
        }

        _lastBytes = report.BytesDone;
        _samples.Enqueue((now, report.BytesDone));
        while (_samples.Count > 2 && now - _samples.Peek().Time > s_window)
        {
            _samples.Dequeue();
        }

        (TimeSpan since, long bytes) = _samples.Peek();
        double seconds = (now - since).TotalSeconds;
        return seconds > 0 ? (report.BytesDone - bytes) / seconds : 0;
    }
}
