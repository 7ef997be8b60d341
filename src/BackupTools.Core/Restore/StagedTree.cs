using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>What was staged.</summary>
/// <param name="Root">The root's entry.</param>
/// <param name="Bytes">Bytes of its files.</param>
/// <param name="Entries">Files and links.</param>
/// <param name="NotRestored">Links that could not be made, and directories whose contents are lost.</param>
/// <param name="IsVerified">Whether every byte fits the listing's hashes.</param>
internal sealed record StagedTree(ListingEntry Root, long Bytes, long Entries, long NotRestored, bool IsVerified);
