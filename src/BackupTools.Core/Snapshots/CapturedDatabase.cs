using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Snapshots;

/// <summary>How a database of a snapshot in a repository was captured: what a folder store's listing tells of it.</summary>
public sealed record CapturedDatabase
{
    /// <summary>Its path below the source, or the file's name where the source is the database itself.</summary>
    public required string Path { get; init; }

    /// <summary>The path as bytes, where it is not valid Unicode.</summary>
    public byte[]? PathRaw { get; init; }

    /// <summary>How it was copied.</summary>
    public required CaptureMethod Capture { get; init; }

    /// <summary>When its copy was consistent (UTC).</summary>
    public DateTime? CapturedAt { get; init; }

    /// <summary>The check that its copy went through.</summary>
    public SnapshotCheck? Check { get; init; }

    /// <summary>What its files looked like, where a later run may tell by it that nothing changed; means nothing else.</summary>
    public string? SourceState { get; init; }

    /// <summary>Its path, if it is one that stays below the source.</summary>
    internal bool TryGetPath(out TreePath path) =>
        PathRaw is { } raw ? TreePath.TryCreate(raw, out path) : TreePath.TryCreate(Path, out path);

    /// <summary>Whether the copy is one that a capture as asked for would make, checked as thoroughly and found sound.</summary>
    internal bool Answers(CaptureMethod capture, CheckLevel check) =>
        Capture == capture
        && (check == CheckLevel.None
            || (Check?.Result == CheckResult.Ok && (Check.Level == "full" || (Check.Level == "quick" && check == CheckLevel.Quick))));
}
