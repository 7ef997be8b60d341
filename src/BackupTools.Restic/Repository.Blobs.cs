using BackupTools.Restic.Blobs;
using BackupTools.Restic.Trees;

namespace BackupTools.Restic;

/// <content>Blobs and trees.</content>
public sealed partial class Repository
{
    /// <summary>What has been added since the repository was opened; whole after <see cref="Flush"/>.</summary>
    public AddedBlobs Added => throw new NotImplementedException();

    /// <summary>
    /// Reads the index, which everything that has to do with blobs needs; call it under a lock, and again to see what others
    /// have added since.
    /// </summary>
    /// <param name="progress">Told how many index files have been read.</param>
    /// <param name="cancellation">Stops it.</param>
    public void LoadIndex(IProgress<RepositoryProgress>? progress = null, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>
    /// Saves a blob, unless the repository has it. Its id is known at once; compressing, encrypting and writing go on in the
    /// background, so the content may be overwritten after the call, and a failure there is thrown by a later call. Waits
    /// where the background falls behind.
    /// </summary>
    /// <param name="type">What it is.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public SavedBlob SaveBlob(BlobType type, ReadOnlySpan<byte> content, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Saves a tree.</summary>
    /// <param name="tree">The tree; finished by this call.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public SavedBlob SaveTree(TreeBuilder tree, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Waits until all that was saved is durable: packs first, then the index that tells of them.</summary>
    /// <param name="cancellation">Stops it.</param>
    public void Flush(CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Whether the index, or what is being saved, has a blob.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    public bool ContainsBlob(BlobType type, ObjectId id) => throw new NotImplementedException();

    /// <summary>How long a blob's content is, if the index has it.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="length">The length.</param>
    /// <returns>Whether the index has it.</returns>
    public bool TryGetBlobLength(BlobType type, ObjectId id, out int length) => throw new NotImplementedException();

    /// <summary>Loads a blob; what comes back has been verified by its id.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.BlobNotFound"/>.</exception>
    /// <exception cref="RepositoryDataException">It is damaged, and there is no other copy.</exception>
    public byte[] LoadBlob(BlobType type, ObjectId id) => throw new NotImplementedException();

    /// <summary>Loads a blob into a buffer; what comes back has been verified by its id.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="destination">Where to; at least as long as <see cref="TryGetBlobLength"/> tells.</param>
    /// <returns>The content's length.</returns>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.BlobNotFound"/>.</exception>
    /// <exception cref="RepositoryDataException">It is damaged, and there is no other copy.</exception>
    public int LoadBlob(BlobType type, ObjectId id, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Loads a tree; its nodes are decoded as they are asked for.</summary>
    /// <param name="id">The tree's id.</param>
    public IEnumerable<TreeNode> LoadTree(ObjectId id) => throw new NotImplementedException();
}
