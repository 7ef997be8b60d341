using System.Management.Automation;
using BackupTools.Core;

namespace BackupTools;

/// <summary>Shows how far a run is: the item, and below it what is being done with it.</summary>
/// <remarks>
/// Nothing is shown of what is over in a moment, and records stay rare: in jobs and remote sessions each is kept.
/// <c>$ProgressPreference</c> is PowerShell's own affair.
/// </remarks>
internal sealed class ProgressDisplay(Cmdlet cmdlet, string activity, string item)
{
    private const int ItemActivity = 0x424B5501;
    private const int StepActivity = ItemActivity + 1;
    private const long FirstAfterMilliseconds = 1000;
    private const long IntervalMilliseconds = 200;

    private readonly long _begin = Environment.TickCount64;
    private string? _step;
    private long _next;

    public void Show(ProgressReport report)
    {
        long now = Environment.TickCount64;
        if (now - _begin < FirstAfterMilliseconds || now < _next)
        {
            return;
        }

        if (_step is null)
        {
            cmdlet.WriteProgress(new ProgressRecord(ItemActivity, activity, item));
        }

        _next = now + IntervalMilliseconds;
        _step = report.Activity;
        cmdlet.WriteProgress(new ProgressRecord(StepActivity, report.Activity, Status(report))
        {
            ParentActivityId = ItemActivity,
            CurrentOperation = report.Item,
            PercentComplete = report.BytesTotal is > 0 and { } total ? (int)Math.Min(100, report.BytesDone * 100.0 / total) : -1,
        });
    }

    public void Complete()
    {
        if (_step is null)
        {
            return;
        }

        // New records: whoever got the others may still be holding them.
        cmdlet.WriteProgress(new ProgressRecord(StepActivity, _step, " ")
        {
            ParentActivityId = ItemActivity,
            RecordType = ProgressRecordType.Completed,
        });
        cmdlet.WriteProgress(new ProgressRecord(ItemActivity, activity, item) { RecordType = ProgressRecordType.Completed });
    }

    private static string Status(ProgressReport report)
    {
        string bytes = report.BytesTotal is { } total
            ? $"{Display.Size(report.BytesDone)} of {Display.Size(total)}"
            : Display.Size(report.BytesDone);
        return report.EntriesDone > 0 ? $"{bytes}, {report.EntriesDone} entries" : bytes;
    }
}
