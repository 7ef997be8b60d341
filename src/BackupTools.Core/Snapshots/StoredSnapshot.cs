namespace BackupTools.Core.Snapshots;

/// <summary>Whether a snapshot can be relied on.</summary>
public enum SnapshotState
{
    /// <summary>All of the source is in it.</summary>
    Complete,

    /// <summary>Parts of the source could not be read, or it was captured raw.</summary>
    Incomplete,

    /// <summary>Its manifest cannot be read, or contradicts itself or the store.</summary>
    Damaged,
}

/// <summary>A snapshot as it lies in a store.</summary>
/// <param name="Manifest">
/// Its manifest; of a damaged one what could be made out, which may be its name in the store alone.
/// </param>
/// <param name="ManifestPath">Full path of the manifest file.</param>
/// <param name="SnapshotPath">Full path of the payload.</param>
/// <param name="State">Whether it can be relied on.</param>
/// <param name="Damage">What is wrong with a damaged one.</param>
public sealed record StoredSnapshot(
    SnapshotManifest Manifest, string ManifestPath, string SnapshotPath, SnapshotState State, string? Damage = null)
{
    /// <summary>Which error it is to use a damaged one.</summary>
    internal ErrorId DamageId { get; init; } = ErrorId.SnapshotDamaged;
}
