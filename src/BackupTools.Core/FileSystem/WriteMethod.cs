namespace BackupTools.Core.FileSystem;

/// <summary>How a <see cref="HashedWriter"/> writes.</summary>
internal enum WriteMethod
{
    /// <summary>On the caller's thread, while a block is still in its core's cache.</summary>
    Inline,

    /// <summary>On a thread of its own, for callers who have work to do themselves.</summary>
    Behind,

    /// <summary>
    /// Past the page cache, where the file system takes it, on a thread of its own; otherwise as <see cref="Inline"/>.
    /// The disk takes the blocks from our memory: no pages are made and filled for them, nothing is left to write back
    /// at the end, and what others have in the cache stays there. What is written has to be read from the disk again.
    /// </summary>
    Direct,
}
