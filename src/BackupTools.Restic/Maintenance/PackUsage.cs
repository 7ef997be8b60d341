using BackupTools.Restic.Blobs;

namespace BackupTools.Restic.Maintenance;

/// <summary>How much of a pack is needed.</summary>
internal sealed class PackUsage(ObjectId id)
{
    public ObjectId Id => id;

    /// <summary>Bytes that are needed and nowhere else.</summary>
    public long Used { get; set; }

    /// <summary>Bytes of which there are copies in other packs.</summary>
    public long Copied { get; set; }

    /// <summary>Bytes that nobody needs.</summary>
    public long Unused { get; set; }

    /// <summary>How many blobs nobody needs.</summary>
    public int UnusedBlobs { get; set; }

    /// <summary>What header and encryption take.</summary>
    public long Header { get; set; }

    public bool HasData { get; set; }

    public bool HasTrees { get; set; }

    /// <summary>Whether there are trees that are not compressed, which restic would compress when it prunes.</summary>
    public bool HasPlainTrees { get; set; }

    /// <summary>The pack's length, if it is as the index says.</summary>
    public long Length => Used + Copied + Unused + Header;

    /// <summary>How good a home for a copied blob this is: a pack that needs not be written anew for other reasons.</summary>
    public double Worth => (double)(Used + Copied) / Math.Max(1, Used + Copied + Unused);

    public void Note(BlobHandle blob, bool isCompressed)
    {
        HasData |= blob.Type == BlobType.Data;
        HasTrees |= blob.Type == BlobType.Tree;
        HasPlainTrees |= blob.Type == BlobType.Tree && !isCompressed;
    }
}
