using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>A snapshot that is being written. Disposing one that was not published leaves no trace.</summary>
internal interface ISnapshotWriter : IDisposable
{
    /// <summary>
    /// A private place for database copies that are made before they are put into the payload, by path because SQLite
    /// wants one.
    /// </summary>
    string ScratchPath { get; }

    /// <summary>The root of a directory's payload.</summary>
    IPayloadDirectory Root { get; }

    /// <summary>The database as the last snapshot of the same source has it, so that it need not be read again.</summary>
    KnownDatabase? FindKnownDatabase();

    /// <summary>Begins a part of a directory's listing; several can be filled side by side.</summary>
    IListingPart CreateListingPart();

    /// <summary>Adds a part to the listing; parts come in order.</summary>
    void AddListing(IListingPart part);

    /// <summary>
    /// Reads a finished database copy from <see cref="ScratchPath"/> for the payload of a database snapshot. The file stays
    /// as it is meanwhile, for others to read.
    /// </summary>
    /// <param name="scratchFile">Full path of the copy; nothing writes to it any more.</param>
    /// <param name="sha256">Its SHA-256, where that is known already.</param>
    /// <param name="cancellation">Stops it.</param>
    StoredContent StoreDatabase(string scratchFile, string? sha256, CancellationToken cancellation);

    /// <summary>Makes the payload of a database snapshot what the entry says.</summary>
    /// <param name="database">The database, with the content of <see cref="StoreDatabase"/> or <see cref="FindKnownDatabase"/>.</param>
    /// <param name="scratchFile">Full path of the copy that was read, which is taken over.</param>
    void AdoptDatabase(ListingEntry database, string? scratchFile);

    /// <summary>Makes everything durable, then the snapshot visible.</summary>
    /// <param name="manifest">The manifest but for what depends on the store: payload's and listing's name, and hash.</param>
    StoredSnapshot Publish(SnapshotManifest manifest);
}

/// <summary>A database as an earlier database snapshot has it.</summary>
/// <param name="File">Its content.</param>
/// <param name="Manifest">That snapshot's manifest.</param>
internal sealed record KnownDatabase(KnownFile File, SnapshotManifest Manifest);

/// <summary>Some entries of a listing in a row, made ready by one thread.</summary>
internal interface IListingPart : IDisposable
{
    void Add(ListingEntry entry);
}
