using System.Globalization;
using System.Management.Automation;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;

namespace BackupTools;

/// <summary>
/// Takes a wait as a time span or as a text with its unit. PowerShell by itself takes the number 30 for ticks and the
/// text 30 for days.
/// </summary>
/// <remarks>
/// To PowerShell a bare <c>30s</c> or <c>5d</c> is a number with a suffix for its type; its text, which converting to
/// a string brings back, is what was meant.
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WaitTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        string text = LanguagePrimitives.ConvertTo<string>(inputData);
        return (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            TimeSpan time when time >= TimeSpan.Zero => time,
            not TimeSpan when DurationText.TryParse(text, out TimeSpan time) => time,
            string when text.Contains(':', StringComparison.Ordinal)
                && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan time)
                && time >= TimeSpan.Zero => time,
            _ => throw new ArgumentTransformationMetadataException(
                $"'{text}' is not a time with its unit, such as 30s, 5min or 2h, or a time span, such as 00:05:00."),
        };
    }
}

/// <summary>Takes calendar time in restic's form, or a time span of whole hours.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PeriodTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        string text = LanguagePrimitives.ConvertTo<string>(inputData);
        return (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            TimeSpan time when time > TimeSpan.Zero && time.Ticks % TimeSpan.TicksPerHour == 0 =>
                new CalendarDuration(0, 0, time.Days, time.Hours).ToString(),
            not TimeSpan when CalendarDuration.TryParse(text, out _) => text,
            _ => throw new ArgumentTransformationMetadataException(
                $"'{text}' is not a time such as 1y2m10d4h (m is months), or a time span of whole hours."),
        };
    }
}
