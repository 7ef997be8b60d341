using System.Diagnostics.CodeAnalysis;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>What a run is about to do with a store.</summary>
internal enum StoreUse
{
    /// <summary>Read snapshots.</summary>
    Read,

    /// <summary>Read all that there is, to find what is wrong with it.</summary>
    Check,

    /// <summary>Add a snapshot.</summary>
    Add,

    /// <summary>Remove snapshots.</summary>
    Remove,
}

/// <summary>A lock on a store; disposing it releases it.</summary>
internal interface IStoreLock : IDisposable
{
    /// <summary>
    /// Makes sure that nobody has worked on the store against a lock that was taken to read, which may count only a moment after
    /// reading has begun. What was read counts once this comes back.
    /// </summary>
    /// <exception cref="BackupException"><see cref="ErrorId.StoreLocked"/>.</exception>
    void Confirm(CancellationToken cancellation);

    /// <summary>Has a lock that was taken for adding allow removing as well, without waiting for others.</summary>
    /// <param name="obstacle">Why it does not: the end of a sentence, as "others are using it".</param>
    /// <returns>Whether it does.</returns>
    bool TryAllowRemoval([NotNullWhen(false)] out string? obstacle);
}

/// <summary>What an examination of a store found.</summary>
/// <param name="OfStore">What is wrong with the store itself, whichever snapshots that means something for.</param>
/// <param name="OfSnapshots">What that means for snapshots, given by their paths; those that are not in it are well so far.</param>
internal sealed record StoreExamination(
    IReadOnlyList<string> OfStore, IReadOnlyDictionary<string, IReadOnlyList<string>> OfSnapshots)
{
    /// <summary>Nothing is wrong.</summary>
    public static StoreExamination Sound { get; } = new([], new Dictionary<string, IReadOnlyList<string>>());

    /// <summary>What is wrong with a snapshot.</summary>
    public IReadOnlyList<string> Of(StoredSnapshot snapshot) => OfSnapshots.GetValueOrDefault(snapshot.SnapshotPath) ?? [];
}

/// <summary>A place where snapshots live.</summary>
internal interface ISnapshotStore : IDisposable
{
    /// <summary>Full path of the store.</summary>
    string Path { get; }

    /// <summary>
    /// Locks the store for what is about to be done, waiting for others as long as allowed. On a store that cannot be
    /// written the lock for reading and checking is none.
    /// </summary>
    /// <exception cref="BackupException"><see cref="ErrorId.StoreLocked"/>, <see cref="ErrorId.LockNotSupported"/>.</exception>
    IStoreLock Lock(StoreUse use, TimeSpan timeout, CancellationToken cancellation);

    /// <summary>All snapshots, damaged ones included, oldest first.</summary>
    IReadOnlyList<StoredSnapshot> List();

    /// <summary>The same, of those that are wanted, with no more in memory than it takes to sort them and choose.</summary>
    SnapshotIndex Index(Func<SnapshotManifest, bool> isWanted);

    /// <summary>Whether a snapshot that was listed is still there.</summary>
    bool Exists(StoredSnapshot snapshot);

    /// <summary>Whether a path is that of a snapshot, or lies in one, so that nothing may be restored to it.</summary>
    bool IsPartOfSnapshot(string path);

    /// <summary>
    /// What somebody who is about to add a snapshot should hear of the store, but has not heard yet; known once it is locked.
    /// </summary>
    IReadOnlyList<string> TakeWarnings();

    /// <summary>
    /// Whether <see cref="Examine"/> reads all that is read without a rehearsal, so that what is left to verify of each snapshot
    /// takes no time.
    /// </summary>
    bool IsReadByExamination { get; }

    /// <summary>
    /// Looks at what snapshots share, once for all of them, before each of them is verified by its reader. Needs a lock.
    /// </summary>
    /// <param name="snapshots">The snapshots that are going to be verified.</param>
    /// <param name="withContent">Whether every byte is read.</param>
    /// <param name="progress">Hears of the bytes read.</param>
    /// <param name="cancellation">Stops it.</param>
    StoreExamination Examine(
        IEnumerable<StoredSnapshot> snapshots, bool withContent, ProgressTracker progress, CancellationToken cancellation);

    /// <summary>Opens a snapshot's payload for reading.</summary>
    ISnapshotReader Open(StoredSnapshot snapshot);

    /// <summary>Begins to write a snapshot; nothing shows until it is published.</summary>
    /// <param name="draft">Its manifest, as far as it is known beforehand.</param>
    ISnapshotWriter Create(SnapshotManifest draft);

    /// <summary>Removes a snapshot. Needs a lock for removing.</summary>
    void Remove(StoredSnapshot snapshot);

    /// <summary>Whether removing a snapshot leaves its room taken until <see cref="Reclaim"/>.</summary>
    bool KeepsRoom { get; }

    /// <summary>
    /// Gives back the room of what removed snapshots alone used, where removing did not do so at once. Needs a lock for
    /// removing.
    /// </summary>
    void Reclaim(ProgressTracker progress, CancellationToken cancellation);
}
