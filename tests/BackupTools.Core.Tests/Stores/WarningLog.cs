namespace BackupTools.Core.Tests.Stores;

/// <summary>Hears of a run and remembers the warnings.</summary>
internal sealed class WarningLog : IRunObserver
{
    public List<string> Warnings { get; } = [];

    public void OnProgress(ProgressReport report)
    {
    }

    public void OnNotice(Notice notice)
    {
        if (notice.Level == NoticeLevel.Warning)
        {
            Warnings.Add(notice.Message);
        }
    }
}
