namespace BackupTools.Restic.Indexes;

/// <summary>A pack in the index: its entries stand one behind the other.</summary>
/// <param name="Id">The pack.</param>
/// <param name="First">Its first entry.</param>
/// <param name="Count">How many entries it has.</param>
internal readonly record struct IndexedPack(ObjectId Id, int First, int Count);
