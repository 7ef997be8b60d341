using BackupTools.Restic.Backends;

namespace BackupTools.Restic.Maintenance;

/// <summary>How thoroughly a repository is checked.</summary>
public sealed record CheckOptions
{
    /// <summary>Whether every pack that holds something of those snapshots is read whole and every blob in it verified.</summary>
    public bool ReadData { get; init; }

    /// <summary>The snapshots that are walked; null for all.</summary>
    public IReadOnlyCollection<ObjectId>? Snapshots { get; init; }

    /// <summary>
    /// Whether the index counts as <see cref="Repository.LoadIndex"/> read it last, because that was just now; else it is read
    /// again.
    /// </summary>
    public bool TrustsLoadedIndex { get; init; }
}

/// <summary>What a check found.</summary>
/// <param name="Damages">Every damage, those of files first, then what they mean for snapshots.</param>
/// <param name="Notes">What is no damage, but untidy: packs in no index, packs in several.</param>
/// <param name="Snapshots">How many snapshots were walked.</param>
/// <param name="PacksRead">How many packs were read whole.</param>
/// <param name="UnindexedPacks">How many packs are in no index.</param>
public sealed record CheckReport(
    IReadOnlyList<Damage> Damages, IReadOnlyList<string> Notes, int Snapshots, int PacksRead, int UnindexedPacks)
{
    /// <summary>Whether all is well.</summary>
    public bool IsSound => Damages.Count == 0;

    /// <summary>The snapshots that cannot be restored whole.</summary>
    public IReadOnlySet<ObjectId> DamagedSnapshots { get; } =
        Damages.Where(d => d.Snapshot is not null).Select(d => d.Snapshot!.Value).ToHashSet();
}

/// <summary>A damage.</summary>
/// <param name="Message">What is wrong, with full names.</param>
/// <param name="File">The repository's file that is damaged or missing, where it is one.</param>
/// <param name="Snapshot">The snapshot that cannot be restored whole because of it, where it is one.</param>
/// <param name="Path">The file or directory in that snapshot.</param>
public sealed record Damage(string Message, RepositoryFile? File = null, ObjectId? Snapshot = null, string? Path = null)
{
    /// <inheritdoc/>
    public override string ToString() => Message;
}
