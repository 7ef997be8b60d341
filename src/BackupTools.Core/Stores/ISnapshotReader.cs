using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Stores;

/// <summary>A snapshot's payload, open for reading.</summary>
internal interface ISnapshotReader : IDisposable
{
    StoredSnapshot Snapshot { get; }

    /// <summary>
    /// Whether <see cref="CopyFile"/> and <see cref="CopyDatabase"/> compare what they read with the manifest's word by
    /// themselves, so that nothing is left to compare afterwards.
    /// </summary>
    bool ProvesContent { get; }

    /// <summary>What the last reading left out because it is of a kind which is not restored.</summary>
    IReadOnlyList<SnapshotProblem> LeftOut { get; }

    /// <summary>What the last reading could not find, where that is no error: directories whose contents are gone.</summary>
    IReadOnlyList<SnapshotProblem> Lost { get; }

    /// <summary>Why the payload cannot be read at all, or <see langword="null"/>.</summary>
    string? FindFault();

    /// <summary>Bytes of the payload's files; of what its manifest does not tell, they are counted.</summary>
    long Measure(CancellationToken cancellation);

    /// <summary>
    /// The entries of a directory snapshot, in order, read as they are asked for. After the last one the listing's
    /// hash is compared: what was read before is to be trusted only then. Without a listing, as in other programs'
    /// backups, the payload is walked, and files have no hash.
    /// </summary>
    /// <param name="verifyListing">
    /// Whether the listing has to be there and as its hash says; where not, a missing one is made up for by a walk.
    /// </param>
    /// <exception cref="BackupException"><see cref="ErrorId.SnapshotDamaged"/>, <see cref="ErrorId.VerificationFailed"/>.</exception>
    IEnumerable<ListingEntry> ReadEntries(bool verifyListing = true);

    /// <summary>Copies the content of a file of a directory snapshot; links in the payload are not followed. Any thread.</summary>
    /// <param name="file">One of <see cref="ReadEntries"/>, a file that is no hard link.</param>
    /// <param name="to">An empty file to write to.</param>
    /// <param name="copy">How to copy.</param>
    CopiedContent CopyFile(ListingEntry file, FileHandle to, in ContentCopy copy);

    /// <summary>Copies the payload of a database snapshot.</summary>
    /// <param name="to">An empty file to write to.</param>
    /// <param name="copy">How to copy.</param>
    CopiedContent CopyDatabase(FileHandle to, in ContentCopy copy);

    /// <summary>Looks whether the payload is what its manifest says.</summary>
    /// <param name="withContent">Whether every byte is read, too.</param>
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="visit">Is told of each entry of a directory.</param>
    /// <param name="progress">Hears of the bytes read.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Whether the payload is there, so that a restore can be rehearsed.</returns>
    bool Verify(
        bool withContent, Findings findings, Action<ListingEntry> visit, ProgressTracker progress, CancellationToken cancellation);
}

/// <summary>How the content of a file is copied out of a payload.</summary>
/// <param name="Buffer">
/// The caller's own, of more than <see cref="SmallFile"/> bytes: a file that fits is copied with one call each.
/// </param>
/// <param name="Writing">How a large file is written.</param>
/// <param name="Done">Is told of bytes done.</param>
/// <param name="Cancellation">Stops it.</param>
internal readonly record struct ContentCopy(
    byte[]? Buffer, WriteMethod Writing, Action<int> Done, CancellationToken Cancellation)
{
    /// <summary>
    /// Is told of what is lost, in place of an error, where a reader proves content itself; zeros stand for it. From any
    /// thread.
    /// </summary>
    public Action<string>? OnDamage { get; init; }

    /// <summary>Files up to this size are read and written with one call each.</summary>
    public const int SmallFile = 256 * 1024;
}

/// <summary>What was copied.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hex; absent where the reader proves content itself.</param>
internal readonly record struct CopiedContent(long Bytes, string? Sha256);
