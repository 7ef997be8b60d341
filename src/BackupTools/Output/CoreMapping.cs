using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using CoreDecision = BackupTools.Core.Retention.RetentionDecision;
using CoreManifest = BackupTools.Core.Snapshots.SnapshotManifest;
using CoreRestoreResult = BackupTools.Core.Restore.RestoreResult;
using CoreVerifyResult = BackupTools.Core.Verification.VerifyResult;

namespace BackupTools.Output;

/// <summary>Makes what the cmdlets emit from what the core answers.</summary>
internal static class CoreMapping
{
    public static SnapshotRepository ToOutput(this InitializedRepository made) => new()
    {
        Status = "Initialized",
        Path = made.Path,
        Id = made.Id,
        FormatVersion = made.FormatVersion,
        Compressed = made.IsCompressed,
    };

    public static RepositoryRepairResult ToOutput(this RepairedRepository repaired) => new()
    {
        Status = "Repaired",
        Path = repaired.Store,
        Packs = repaired.Packs,
        Pieces = repaired.Blobs,
        Problems = [.. repaired.Problems],
    };

    public static SnapshotManifest ToOutput(this NewSnapshotResult made)
    {
        SnapshotManifest manifest = made.Snapshot.ToOutput();
        manifest.Removed = [.. made.Removed.Select(snapshot => snapshot.SnapshotPath)];
        return manifest;
    }

    public static SnapshotManifest ToOutput(this StoredSnapshot stored)
    {
        CoreManifest manifest = stored.Manifest;
        return new SnapshotManifest
        {
            FormatVersion = manifest.FormatVersion,
            Id = manifest.Id,
            Kind = manifest.Kind,
            Name = manifest.Name,
            Snapshot = manifest.Snapshot,
            CreatedAt = manifest.CreatedAt,
            Source = manifest.Source,
            SourceRaw = manifest.SourceRaw is { } raw ? Convert.ToBase64String(raw) : null,
            SourceDb = manifest.SourceDb,
            Host = manifest.Host,
            Tool = manifest.Tool,
            Version = manifest.Version,
            Bytes = manifest.Bytes,
            Sha256 = manifest.Sha256,
            Listing = manifest.Listing,
            File = manifest.File is { } file ? ToOutput(file) : null,
            EntryCount = manifest.EntryCount,
            Sections = [.. manifest.Sections.Select(section => new SnapshotSection
            {
                Name = section.Name,
                EntryCount = section.EntryCount,
                Bytes = section.Bytes,
            })],
            Sqlite = manifest.Sqlite is { } sqlite ? ToOutput(sqlite) : null,
            Check = ToOutput(manifest.Check),
            Tags = [.. manifest.Tags],
            Comment = manifest.Comment,
            Incomplete = manifest.Incomplete,
            Errors = ToOutput(manifest.Errors),
            Skipped = ToOutput(manifest.Skipped),
            Databases = manifest.Databases is { } databases ? [.. databases.Select(ToOutput)] : null,
            ChangedWhileRead = [.. manifest.ChangedWhileRead],
            ManifestPath = stored.ManifestPath,
            SnapshotPath = stored.SnapshotPath,
            State = stored.State.ToString(),
        };
    }

    public static RestoreResult ToOutput(this CoreRestoreResult restored) => new()
    {
        Status = "Restored",
        From = restored.From,
        To = restored.To,
        Previous = restored.Previous,
        Bytes = restored.Bytes,
        EntryCount = restored.EntryCount,
        Verified = restored.Verified,
    };

    public static SnapshotTestResult ToOutput(this CoreVerifyResult verified) => new()
    {
        Snapshot = verified.Snapshot,
        Level = verified.Level.ToString(),
        Result = verified.Result.ToString(),
        Problems = [.. verified.Problems],
    };

    public static RetentionDecision ToOutput(this CoreDecision decision) => new()
    {
        Snapshot = decision.Snapshot.SnapshotPath,
        Action = decision.Action.ToString(),
        Reasons = [.. decision.Reasons],
    };

    private static SnapshotProblem[] ToOutput(IEnumerable<Core.Snapshots.SnapshotProblem> problems) =>
        [.. problems.Select(problem => new SnapshotProblem { Path = problem.Path, Reason = problem.Reason })];

    private static SnapshotCheck? ToOutput(Core.Snapshots.SnapshotCheck? check) =>
        check is null ? null : new SnapshotCheck { Level = check.Level, Result = check.Result.ToString(), Detail = check.Detail };

    private static CapturedDatabase ToOutput(Core.Snapshots.CapturedDatabase database) => new()
    {
        Path = database.Path,
        PathRaw = database.PathRaw is { } raw ? Convert.ToBase64String(raw) : null,
        Capture = database.Capture.ToString(),
        CapturedAt = database.CapturedAt,
        Check = ToOutput(database.Check),
        SourceState = database.SourceState,
    };

    private static SourceFileInfo ToOutput(Core.Snapshots.SourceFileInfo file) => new()
    {
        Mode = file.Mode,
        Uid = file.Uid,
        Gid = file.Gid,
        Owner = file.Owner,
        Group = file.Group,
        Modified = file.Modified,
    };

    private static SqliteInfo ToOutput(Core.Snapshots.SqliteInfo sqlite) => new()
    {
        PageSize = sqlite.PageSize,
        PageCount = sqlite.PageCount,
        JournalMode = sqlite.JournalMode,
        UserVersion = sqlite.UserVersion,
        ApplicationId = sqlite.ApplicationId,
        Capture = sqlite.Capture.ToString(),
        EngineVersion = sqlite.EngineVersion,
        LockedMs = sqlite.LockedMs,
    };
}
