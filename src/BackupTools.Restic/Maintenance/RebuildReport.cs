namespace BackupTools.Restic.Maintenance;

/// <summary>What came of making the index anew.</summary>
/// <param name="Packs">How many packs are in the new index.</param>
/// <param name="Blobs">How many blobs.</param>
/// <param name="Damages">
/// The packs whose header could not be read. They are in no index now, except where the one before told of them and they have
/// the length that it told. Their files are left as they are.
/// </param>
public sealed record RebuildReport(int Packs, long Blobs, IReadOnlyList<Damage> Damages);
