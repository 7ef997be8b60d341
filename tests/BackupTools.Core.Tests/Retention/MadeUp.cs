using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Retention;

/// <summary>Snapshots that lie nowhere, for rules that look at nothing but their manifests.</summary>
internal static class MadeUp
{
    public static readonly DateTime Now = new(2026, 3, 31, 16, 0, 0, DateTimeKind.Utc);

    public static StoredSnapshot Snapshot(
        DateTime createdAt,
        SnapshotState state = SnapshotState.Complete,
        CheckResult check = CheckResult.Ok,
        string name = "app",
        string host = "h",
        ManifestOrigin origin = ManifestOrigin.BackupTools,
        params string[] tags)
    {
        string id = Guid.CreateVersion7().ToString();
        return new StoredSnapshot(
            new SnapshotManifest
            {
                Id = id,
                Kind = SnapshotKind.Sqlite,
                Name = name,
                Snapshot = id + ".db",
                CreatedAt = createdAt,
                Source = "/data/app.db",
                Host = host,
                Bytes = 1,
                Check = new SnapshotCheck("quick", check),
                Tags = tags,
                Incomplete = state == SnapshotState.Incomplete,
                Origin = origin,
            },
            $"/store/{id}.manifest.json",
            $"/store/{id}.db",
            state,
            state == SnapshotState.Damaged ? "made up" : null);
    }

    public static StoredSnapshot DaysAgo(
        double days, SnapshotState state = SnapshotState.Complete, CheckResult check = CheckResult.Ok, params string[] tags) =>
        Snapshot(Now.AddDays(-days), state, check, tags: tags);
}
