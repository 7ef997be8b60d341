using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>
/// Gives what a run has written its names, the manifest last, and takes all of it back where that fails: disposing of
/// it before it is published removes payload, listing and manifest.
/// </summary>
internal sealed class FolderPublication : IDisposable
{
    private readonly DirectoryHandle _store;
    private readonly EntryName _writtenPayload;
    private readonly EntryName _writtenListing;
    private readonly EntryName _writtenManifest;
    private readonly EntryName _partialManifest;
    private readonly EntryName _payload;
    private readonly EntryName _listing;
    private readonly EntryName _manifest;
    private readonly bool _hasListing;
    private Stage _stage = Stage.Writing;

    /// <summary>Of a run that begins.</summary>
    /// <param name="store">The store, which stays open for longer.</param>
    /// <param name="stem">The names to give.</param>
    /// <param name="kind">The snapshot's kind.</param>
    /// <param name="run">The run's mark in the names that it has written under.</param>
    public FolderPublication(DirectoryHandle store, SnapshotStem stem, string kind, string run)
    {
        _store = store;
        _hasListing = kind == SnapshotKind.Directory;
        _writtenPayload = PartialName.Of(run, "payload");
        _writtenListing = PartialName.Of(run, "listing");
        _writtenManifest = PartialName.Of(run, "manifest");
        _partialManifest = EntryName.FromText(stem.PartialManifest);
        _payload = EntryName.FromText(stem.Payload(kind));
        _listing = EntryName.FromText(stem.Listing);
        _manifest = EntryName.FromText(stem.Manifest);
    }

    // How far it has come: what has to be taken back where it fails.
    private enum Stage
    {
        Writing,
        ManifestWritten,
        ManifestPartial,
        PayloadNamed,
        ListingNamed,
        ManifestNaming,
        ManifestNamed,
        Published,
    }

    /// <summary>Publishes.</summary>
    /// <param name="manifest">The manifest's content.</param>
    /// <param name="makeDurable">Makes everything written durable, the manifest among it, whose handle it is given.</param>
    /// <exception cref="FileSystemException">It failed.</exception>
    public void Publish(byte[] manifest, Action<FileHandle> makeDurable)
    {
        using (FileHandle file = _store.CreateFile(_writtenManifest, FolderSnapshotWriter.FileMode))
        {
            _stage = Stage.ManifestWritten;
            file.Write(manifest);

            // Not before it is whole: one that a dying run cut off would not tell whose it is.
            _store.RenameToFreeName(_writtenManifest, _store, _partialManifest);
            _stage = Stage.ManifestPartial;
            RefuseChangedNames();
            makeDurable(file);
        }

        _store.RenameToFreeName(_writtenPayload, _store, _payload);
        _stage = Stage.PayloadNamed;
        if (_hasListing)
        {
            _store.RenameToFreeName(_writtenListing, _store, _listing);
            _stage = Stage.ListingNamed;
        }

        _store.Sync();
        _stage = Stage.ManifestNaming;
        _store.RenameToFreeName(_partialManifest, _store, _manifest);
        _stage = Stage.ManifestNamed;
        _store.Sync();
        _stage = Stage.Published;
    }

    /// <summary>Takes the manifest back where <see cref="Publish"/> failed after giving it its name.</summary>
    /// <returns>Whether it has its name no more. Else the snapshot is there, and stays.</returns>
    public bool TakeBackManifest()
    {
        if (_stage is Stage.ManifestNaming or Stage.ManifestNamed)
        {
            _stage = TryTakeBackManifest() ? Stage.ListingNamed : Stage.Published;
        }

        return _stage != Stage.Published;
    }

    public void Dispose()
    {
        if (!TakeBackManifest())
        {
            return;
        }

        bool isRemoved = FolderCleaning.TryRemove(_store, _stage >= Stage.PayloadNamed ? _payload : _writtenPayload);
        isRemoved &= !_hasListing || FolderCleaning.TryRemove(_store, _stage >= Stage.ListingNamed ? _listing : _writtenListing);
        if (isRemoved && _stage >= Stage.ManifestWritten)
        {
            // Last: from it the next run would find the rest.
            _ = FolderCleaning.TryRemove(_store, _stage >= Stage.ManifestPartial ? _partialManifest : _writtenManifest);
        }
    }

    // Some file systems show names otherwise than they were given, in lower case for instance: a manifest would not be
    // found by its stem again.
    private void RefuseChangedNames()
    {
        if (!_store.ReadEntries().Exists(entry => entry.Name.Equals(_partialManifest)))
        {
            throw new FileSystemException(
                FileSystemError.NameRefused, "naming", Path.Join(_store.Path, _partialManifest.Text), "the file system gave it another name");
        }
    }

    // While it has its name the snapshot is there, and nothing of it may go.
    private bool TryTakeBackManifest()
    {
        try
        {
            if (_stage == Stage.ManifestNamed)
            {
                _store.Rename(_manifest, _store, _partialManifest, RenameMode.Replace);
            }
            else if (HasBothNames())
            {
                _store.DeleteFile(_manifest);
            }

            return true;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    // Where a file system renames by a second link, and then neither name could be removed. What else stands there is not ours.
    private bool HasBothNames() =>
        _store.TryGetStatus(_manifest, out FileStatus manifest)
        && _store.TryGetStatus(_partialManifest, out FileStatus partial)
        && manifest.Identity == partial.Identity;
}
