namespace BackupTools.Core;

/// <summary>What a front end hands to the core to hear of a run. Calls come from any thread, one at a time.</summary>
public interface IRunObserver
{
    /// <summary>Tells how far the run is. Called at most a few times a second.</summary>
    /// <param name="report">The state of the run.</param>
    void OnProgress(ProgressReport report);

    /// <summary>Tells of a decision or a risk.</summary>
    /// <param name="notice">What to tell.</param>
    void OnNotice(Notice notice);
}

/// <summary>How far a run is.</summary>
/// <param name="Activity">What is being done, such as "Copying".</param>
/// <param name="Item">The item at hand, usually a path.</param>
/// <param name="BytesDone">Bytes done so far.</param>
/// <param name="BytesTotal">Bytes to do in all, or <see langword="null"/> where that is not known.</param>
/// <param name="EntriesDone">Entries (files, links, directories) done so far.</param>
public sealed record ProgressReport(string Activity, string Item, long BytesDone, long? BytesTotal, long EntriesDone);

/// <summary>How much a notice matters.</summary>
public enum NoticeLevel
{
    /// <summary>A decision: which capture, why retried, what was pruned.</summary>
    Verbose,

    /// <summary>A risk that the admin should know.</summary>
    Warning,
}

/// <summary>A decision or a risk, told while a run goes on.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Message">The text.</param>
/// <param name="Path">The path it is about, if any.</param>
public sealed record Notice(NoticeLevel Level, string Message, string? Path = null);
