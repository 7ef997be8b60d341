namespace BackupTools.Restic.Blobs;

/// <summary>What a blob is. A blob is known by its type and its id together.</summary>
public enum BlobType
{
    /// <summary>A piece of a file.</summary>
    Data,

    /// <summary>A directory: its nodes.</summary>
    Tree,
}

/// <summary>Names a blob.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Id">The SHA-256 of its content.</param>
public readonly record struct BlobHandle(BlobType Type, ObjectId Id)
{
    /// <summary>For messages: <c>tree blob 3f2a…</c>.</summary>
    public override string ToString() => $"{(Type == BlobType.Tree ? "tree" : "data")} blob {Id}";
}

/// <summary>Where a blob's content is wanted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">Where its content begins.</param>
/// <param name="Length">How long it is.</param>
public readonly record struct BlobPlace(ObjectId Id, int Start, int Length);

/// <summary>A blob that was handed over to be saved.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsNew">Whether the repository did not have it; else nothing is written.</param>
public readonly record struct SavedBlob(ObjectId Id, bool IsNew);

/// <summary>What was added to a repository.</summary>
/// <param name="Count">How many blobs.</param>
/// <param name="Bytes">Their length.</param>
/// <param name="StoredBytes">What they take in packs: compressed, encrypted, with their entries in the pack's header.</param>
public readonly record struct AddedBlobs(long Count, long Bytes, long StoredBytes);
