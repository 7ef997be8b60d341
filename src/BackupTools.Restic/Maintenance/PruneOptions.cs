namespace BackupTools.Restic.Maintenance;

/// <summary>How thoroughly a repository is pruned.</summary>
public sealed record PruneOptions
{
    /// <summary>
    /// How much of what is stored may be unused afterwards, in percent: less unused space costs more packs written anew.
    /// restic's default as well.
    /// </summary>
    public double MaxUnusedPercent { get; init; } = 5;

    /// <summary>Whether only to tell what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What pruning did, or would do.</summary>
/// <param name="PacksRemoved">How many packs went, those written anew included.</param>
/// <param name="PacksRepacked">How many of them were written anew without what nobody needs.</param>
/// <param name="BlobsRemoved">How many blobs went.</param>
/// <param name="BytesFreed">How much smaller the packs are in all.</param>
/// <param name="BytesUsed">What the snapshots that are left need.</param>
/// <param name="BytesUnused">What is left that nobody needs.</param>
public sealed record PruneReport(
    int PacksRemoved, int PacksRepacked, long BlobsRemoved, long BytesFreed, long BytesUsed, long BytesUnused);
