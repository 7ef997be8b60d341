using BackupTools.Restic.Blobs;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic.Packs;

/// <summary>A blob in a pack.</summary>
/// <param name="Handle">Which blob.</param>
/// <param name="Offset">Where in the pack it begins.</param>
/// <param name="Length">How long it is there: encrypted, and compressed perhaps.</param>
/// <param name="UncompressedLength">How long its content is if it is compressed, else 0.</param>
internal readonly record struct PackBlob(BlobHandle Handle, uint Offset, uint Length, uint UncompressedLength)
{
    public bool IsCompressed => UncompressedLength != 0;

    /// <summary>How long the content is.</summary>
    public int ContentLength => (int)(IsCompressed ? UncompressedLength : Length - RepositoryKey.Overhead);

    /// <summary>Where it ends.</summary>
    public long End => (long)Offset + Length;

    /// <summary>Whether such a blob can be: nothing is longer than an array can hold, nor shorter than its encryption.</summary>
    public bool IsPlausible =>
        Length is >= RepositoryKey.Overhead and <= int.MaxValue && UncompressedLength <= int.MaxValue && End <= uint.MaxValue;
}

/// <summary>A blob, and the pack in which it lies.</summary>
internal readonly record struct BlobLocation(ObjectId Pack, PackBlob Blob);
