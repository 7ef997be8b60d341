using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>A place where snapshots live.</summary>
internal interface ISnapshotStore : IDisposable
{
    /// <summary>Full path of the store.</summary>
    string Path { get; }

    /// <summary>
    /// Locks the store: exclusively to write or remove, shared to read. On a store that cannot be written the shared
    /// lock is none. Cleaning up after dead runs is part of taking the exclusive one.
    /// </summary>
    /// <returns>The lock; disposing it releases it.</returns>
    /// <exception cref="BackupException"><see cref="ErrorId.StoreLocked"/>, <see cref="ErrorId.LockNotSupported"/>.</exception>
    StoreLock Lock(LockMode mode, TimeSpan timeout, CancellationToken cancellation);

    /// <summary>All snapshots, damaged ones included, oldest first.</summary>
    IReadOnlyList<StoredSnapshot> List();

    /// <summary>Opens a snapshot's payload for reading.</summary>
    ISnapshotReader Open(StoredSnapshot snapshot);

    /// <summary>Begins to write a snapshot; nothing shows until it is published.</summary>
    ISnapshotWriter Create(string name, string kind, DateTime createdAt);

    /// <summary>Removes a snapshot: its manifest first, then what the manifest owns. Needs the exclusive lock.</summary>
    void Remove(StoredSnapshot snapshot);
}

/// <summary>A snapshot's payload, open for reading.</summary>
internal interface ISnapshotReader : IDisposable
{
    StoredSnapshot Snapshot { get; }

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

    /// <summary>The content of a file of a directory snapshot; links in the payload are not followed. Any thread.</summary>
    FileHandle OpenFile(TreePath path);

    /// <summary>The payload of a database snapshot.</summary>
    FileHandle OpenDatabase();
}

/// <summary>A snapshot that is being written. Disposing one that was not published leaves no trace.</summary>
internal interface ISnapshotWriter : IDisposable
{
    /// <summary>The payload's name in the store, which the manifest has to carry.</summary>
    string PayloadName { get; }

    /// <summary>The listing's name in the store (directories).</summary>
    string ListingName { get; }

    /// <summary>
    /// A private place on the store's file system for database copies that are made before they are put into the
    /// payload, by path because SQLite wants one.
    /// </summary>
    string ScratchPath { get; }

    /// <summary>The root of a directory's payload.</summary>
    IPayloadDirectory Root { get; }

    /// <summary>Adds a line or more to the listing, in order.</summary>
    void WriteListing(ReadOnlySpan<byte> lines);

    /// <summary>Takes over a database copy from <see cref="ScratchPath"/> as the payload of a database snapshot.</summary>
    /// <param name="scratchFile">Full path of the copy; nothing writes to it any more.</param>
    /// <param name="isDurable">Whether the caller has synced it since it was last written.</param>
    void AdoptDatabase(string scratchFile, bool isDurable = false);

    /// <summary>SHA-256 of the listing so far, in lower-case hex.</summary>
    string GetListingHash();

    /// <summary>Makes everything durable, then the snapshot visible.</summary>
    StoredSnapshot Publish(SnapshotManifest manifest);
}

/// <summary>A directory of a payload that is being written. Calls for different names may come from any thread.</summary>
internal interface IPayloadDirectory : IDisposable
{
    IPayloadDirectory CreateDirectory(EntryName name);

    /// <summary>Creates a file to write; disposing the handle ends it.</summary>
    FileHandle CreateFile(EntryName name);

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

    /// <summary>Takes over a database copy from the scratch place.</summary>
    void AdoptDatabase(string scratchFile, EntryName name);
}
