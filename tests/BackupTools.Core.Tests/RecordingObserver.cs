namespace BackupTools.Core.Tests;

/// <summary>An observer that keeps what it hears.</summary>
internal sealed class RecordingObserver : IRunObserver
{
    private readonly List<Notice> _notices = [];

    public IReadOnlyList<Notice> Notices => _notices;

    public IEnumerable<string> Warnings =>
        _notices.Where(static notice => notice.Level == NoticeLevel.Warning).Select(static notice => notice.Message);

    public int ProgressReports { get; private set; }

    /// <summary>Called at each report, to act in the middle of a run.</summary>
    public Action<ProgressReport>? Progressed { get; init; }

    /// <summary>Called at each notice, to act when something is told.</summary>
    public Action<Notice>? Noticed { get; init; }

    public void OnProgress(ProgressReport report)
    {
        ProgressReports++;
        Progressed?.Invoke(report);
    }

    public void OnNotice(Notice notice)
    {
        _notices.Add(notice);
        Noticed?.Invoke(notice);
    }
}
