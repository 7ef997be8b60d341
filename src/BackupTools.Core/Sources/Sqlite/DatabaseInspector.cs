using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>What a look into a database copy tells.</summary>
/// <param name="Info">Header facts; its capture and lock time are the copier's to fill in.</param>
/// <param name="Sections">Tables with row counts; empty where it could not be read.</param>
/// <param name="Check">The check.</param>
/// <param name="Uncounted">Tables that this engine cannot count (virtual tables of unknown modules), with the reason.</param>
internal sealed record DatabaseInspection(
    SqliteInfo Info,
    IReadOnlyList<SnapshotSection> Sections,
    SnapshotCheck Check,
    IReadOnlyList<SnapshotProblem> Uncounted);
