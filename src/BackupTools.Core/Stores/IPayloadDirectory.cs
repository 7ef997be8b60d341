using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;

namespace BackupTools.Core.Stores;

/// <summary>A directory of a payload that is being written. Calls for different names may come from any thread.</summary>
internal interface IPayloadDirectory : IDisposable
{
    IPayloadDirectory CreateDirectory(EntryName name);

    /// <summary>
    /// A file as an earlier snapshot of the same source has it, so that it need not be read again: one whose status is the
    /// same still, or a database, whose status does not tell.
    /// </summary>
    /// <returns><see langword="null"/> where it has to be read.</returns>
    KnownFile? FindKnown(EntryName name, in FileStatus status);

    /// <summary>Creates a file to fill.</summary>
    IPayloadFile CreateFile(EntryName name);

    /// <summary>
    /// Puts a symbolic link into the payload where the store's file system and system can; the listing alone counts.
    /// </summary>
    void CreateSymlink(EntryName name, ReadOnlySpan<byte> target);

    /// <summary>
    /// Gives a file of the payload one more name where the store's file system can; the listing alone counts.
    /// </summary>
    /// <param name="first">Path of its first name below the payload's root.</param>
    /// <param name="name">The new name in this directory.</param>
    void CreateHardLink(TreePath first, EntryName name);

    /// <summary>Removes a file that turned out not to belong here.</summary>
    void DeleteFile(EntryName name);

    /// <summary>Reads a finished database copy from the scratch place, which stays as it is meanwhile.</summary>
    /// <param name="scratchFile">Full path of the copy; nothing writes to it any more.</param>
    /// <param name="sha256">Its SHA-256, where that is known already.</param>
    /// <param name="cancellation">Stops it.</param>
    StoredContent StoreDatabase(string scratchFile, string? sha256, CancellationToken cancellation);

    /// <summary>Takes over the database copy that <see cref="StoreDatabase"/> has read.</summary>
    void AdoptDatabase(string scratchFile, EntryName name);
}

/// <summary>A file of a payload that is being written, by one thread; disposing it ends it.</summary>
internal interface IPayloadFile : IDisposable
{
    /// <summary>Stores all of a file, in place of what was stored before.</summary>
    /// <param name="source">The file, its head read already.</param>
    /// <param name="done">Is told of bytes done.</param>
    /// <param name="cancellation">Stops it.</param>
    StoredContent Store(in SourceContent source, Action<long> done, CancellationToken cancellation);
}

/// <summary>A file of a source whose reading has begun.</summary>
/// <param name="File">The file.</param>
/// <param name="Size">The size that was seen last; it may have changed.</param>
/// <param name="Buffer">Holds what was read; it may be used to read on.</param>
/// <param name="Filled">Bytes that were read.</param>
internal readonly record struct SourceContent(FileHandle File, long Size, byte[] Buffer, int Filled)
{
    /// <summary>Whether all of it is in the buffer; that nothing was added meanwhile shows in its size afterwards.</summary>
    public bool IsWhole => Filled < Buffer.Length && Filled >= Size;
}

/// <summary>What a listing tells of the content of a stored file.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hex, where listings of that store have one.</param>
/// <param name="Pieces">The blobs that it consists of, in a repository.</param>
internal readonly record struct StoredContent(long Bytes, string? Sha256, IReadOnlyList<ObjectId>? Pieces = null);

/// <summary>A file as an earlier snapshot has it.</summary>
/// <param name="Content">Its content, which the store still has.</param>
/// <param name="ExtendedAttributes">Its extended attributes.</param>
/// <param name="Database">How it was captured, if it was as a database.</param>
internal sealed record KnownFile(
    StoredContent Content, IReadOnlyList<KeyValuePair<string, byte[]>> ExtendedAttributes, CapturedDatabase? Database);
