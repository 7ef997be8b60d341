using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>How a database was captured.</summary>
/// <param name="Method">Page for page, compact, or raw.</param>
/// <param name="CapturedAt">When the copy was the database's state (UTC).</param>
/// <param name="IsWal">Whether the source uses a write-ahead log.</param>
/// <param name="LockedMs">How long writers had to wait, in milliseconds; absent where they did not.</param>
/// <param name="Source">The file's status at its source.</param>
/// <param name="RawReason">What SQLite said, where the capture is raw.</param>
internal sealed record DatabaseCaptureResult(
    CaptureMethod Method, DateTime CapturedAt, bool IsWal, long? LockedMs, FileStatus Source, string? RawReason = null)
{
    /// <summary>SHA-256 of the copy in lower-case hex, where it was taken on the way.</summary>
    public string? Sha256 { get; init; }
}
