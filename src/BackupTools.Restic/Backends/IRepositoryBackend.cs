namespace BackupTools.Restic.Backends;

/// <summary>
/// The place where a repository's files lie. Files are named by their content, written whole and never changed, so this
/// is all that a directory, a server or an object store has to be able to do. Every member may be called from several
/// threads at once.
/// </summary>
/// <remarks>
/// Failures are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>; a file that is not there is a
/// <see cref="FileNotFoundException"/>.
/// </remarks>
public interface IRepositoryBackend : IDisposable
{
    /// <summary>Where this is, for messages.</summary>
    string Location { get; }

    /// <summary>
    /// Makes a repository of a place that is empty or not there, or where making one was interrupted: all of it, or nothing.
    /// Interrupted at any point, it leaves nothing that opens, and nothing that the next call could not begin with.
    /// </summary>
    /// <param name="key">Its first key.</param>
    /// <param name="config">Its config, which that key reads.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.AlreadyExists"/>.</exception>
    void Create(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> config);

    /// <summary>
    /// Lists all files of a kind (not <see cref="RepositoryFileType.Config"/>), in no order. What has no id for a name is
    /// left out, as are files that are being written.
    /// </summary>
    IEnumerable<StoredFile> List(RepositoryFileType type, CancellationToken cancellation);

    /// <summary>Reads a range.</summary>
    /// <returns>How many bytes were read: fewer than asked for only where the file ends.</returns>
    int Read(RepositoryFile file, long offset, Span<byte> destination);

    /// <summary>Reads a file whole.</summary>
    /// <param name="file">The file.</param>
    /// <param name="maximumLength">How long it can be at most; a longer one is an <see cref="IOException"/>.</param>
    byte[] ReadWhole(RepositoryFile file, int maximumLength);

    /// <summary>
    /// Writes a file whole: it is there under its name only when all of it is durable. A file of the same name is replaced.
    /// The config is none of them: it is written once, when the repository is made.
    /// </summary>
    /// <exception cref="UnconfirmedFileException">A snapshot is there, but need not be durable.</exception>
    void Write(RepositoryFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>
    /// Removes a file; that it has gone is durable afterwards (except for locks and packs, whose return does no harm).
    /// </summary>
    /// <returns>Whether it was there.</returns>
    bool Remove(RepositoryFile file);

    /// <summary>
    /// Removes what interrupted writes left behind, locks excepted. To be called only under an exclusive lock, when nobody
    /// else is writing.
    /// </summary>
    void RemoveLeftovers(CancellationToken cancellation);
}
