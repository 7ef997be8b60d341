using BackupTools.Restic.Backends;

namespace BackupTools.Restic;

/// <summary>
/// A repository in restic's format: snapshots of directories, cut into blobs that are stored once, compressed and
/// encrypted. Every member may be called from several threads at once, unless it says otherwise.
/// </summary>
/// <remarks>
/// The order of a backup: <see cref="Open"/>, <see cref="Lock"/>, <see cref="LoadIndex"/>, then
/// <see cref="SaveBlob"/> and <see cref="SaveTree"/> as often as needed, <see cref="SaveSnapshot"/> last. What fails is told
/// by <see cref="RepositoryException"/>; damage by <see cref="RepositoryDataException"/>; what the backend could not do by
/// <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </remarks>
public sealed partial class Repository : IDisposable
{
    /// <summary>Where the files lie. It is disposed with the repository.</summary>
    public IRepositoryBackend Backend => throw new NotImplementedException();

    /// <summary>What holds for the repository as a whole.</summary>
    public RepositoryConfig Config => throw new NotImplementedException();

    /// <summary>The key that opened it.</summary>
    public ObjectId KeyId => throw new NotImplementedException();

    /// <summary>
    /// Whether new blobs are compressed. Not so in a repository of format 1, and not on a system without Zstandard, which is
    /// worth a warning.
    /// </summary>
    public bool Compresses => throw new NotImplementedException();

    /// <summary>Creates a repository of format 2 with one password, and opens it.</summary>
    /// <param name="backend">Where; taken over even when this fails.</param>
    /// <param name="password">The password; the caller wipes it.</param>
    /// <param name="options">How it is going to be used.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.AlreadyExists"/>.</exception>
    public static Repository Create(IRepositoryBackend backend, ReadOnlySpan<char> password, RepositoryOptions? options = null) =>
        throw new NotImplementedException();

    /// <summary>Opens a repository, of whichever of its passwords.</summary>
    /// <param name="backend">Where; taken over even when this fails.</param>
    /// <param name="password">The password; the caller wipes it.</param>
    /// <param name="options">How it is going to be used.</param>
    /// <exception cref="RepositoryException">
    /// <see cref="RepositoryError.NotFound"/>, <see cref="RepositoryError.WrongPassword"/>,
    /// <see cref="RepositoryError.UnsupportedVersion"/>.
    /// </exception>
    public static Repository Open(IRepositoryBackend backend, ReadOnlySpan<char> password, RepositoryOptions? options = null) =>
        throw new NotImplementedException();

    /// <summary>Adds a password.</summary>
    /// <param name="password">The password; the caller wipes it.</param>
    /// <returns>The new key.</returns>
    public ObjectId AddKey(ReadOnlySpan<char> password) => throw new NotImplementedException();

    /// <summary>
    /// Ends the use of the repository. Blobs that were not flushed are dropped; packs that are written already stay, in no
    /// index, until the next pruning.
    /// </summary>
    public void Dispose() => throw new NotImplementedException();
}
