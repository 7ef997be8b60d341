using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>
/// Removes what dead runs left in a folder store. Whoever holds the exclusive lock is alone on this host, so whatever a
/// run of this host left partial is dead; another host's lock may not reach here, so its leavings wait for a week.
/// </summary>
internal sealed class FolderCleaning
{
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(7);

    private readonly DirectoryHandle _store;
    private readonly ManifestFile _file = new();

    public FolderCleaning(DirectoryHandle store) => _store = store;

    /// <summary>Removes what a stem owns in a store, but for its manifest.</summary>
    public static void RemovePayload(DirectoryHandle store, SnapshotStem stem, string kind)
    {
        EntryName payload = EntryName.FromText(stem.Payload(kind));
        if (kind == SnapshotKind.Directory)
        {
            store.DeleteTree(payload);
            store.DeleteTree(EntryName.FromText(stem.Listing));
        }
        else if (store.TryGetStatus(payload, out FileStatus status) && status.Type != EntryType.Directory)
        {
            store.DeleteFile(payload);
        }
    }

    /// <summary>Removes what a run leaves, if it can; otherwise the next run does.</summary>
    public static bool TryRemove(DirectoryHandle store, EntryName name)
    {
        try
        {
            store.DeleteTree(name);
            return true;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    /// <summary>Cleans up. What cannot be removed stays; it harms nobody.</summary>
    /// <exception cref="FileSystemException">The store cannot be read.</exception>
    public void Run(DateTime now)
    {
        foreach (DirectoryEntry entry in _store.ReadEntries())
        {
            if (!entry.Name.Bytes.StartsWith(".partial-"u8))
            {
                continue;
            }

            try
            {
                Clean(entry.Name, now);
            }
            catch (FileSystemException)
            {
            }
        }
    }

    private void Clean(EntryName name, DateTime now)
    {
        string text = name.Text;
        if (PartialName.TryParse(text, out string host))
        {
            if (host == PartialName.ThisHost || IsOld(name, now))
            {
                _store.DeleteTree(name);
            }
        }
        else if (SnapshotStem.TryParseManifest(text[SnapshotStem.PartialPrefix.Length..], out SnapshotStem? stem))
        {
            CleanPartialManifest(name, stem, now);
        }
    }

    // Such a manifest stands there while a snapshot takes or loses its names.
    private void CleanPartialManifest(EntryName name, SnapshotStem stem, DateTime now)
    {
        if (!_store.TryGetStatus(name, out FileStatus status) || status.Type != EntryType.File)
        {
            return;
        }

        ManifestContent content = ManifestContent.Parse(_file.Read(_store, name), out string? error);
        bool isOurs = error is null
            && (content.FormatVersion is null || PartialName.Sanitize(content.Host ?? string.Empty) == PartialName.ThisHost);
        if (!isOurs && !IsOld(name, now))
        {
            return;
        }

        if (!_store.TryGetStatus(EntryName.FromText(stem.Manifest), out _))
        {
            // One that was cut off by a crash does not tell its kind; the names are its own either way.
            string? kind = error is not null ? null : content.FormatVersion is null ? SnapshotKind.Sqlite : content.Kind;
            foreach (string possible in (string[])[SnapshotKind.Directory, SnapshotKind.Sqlite])
            {
                if (kind is null || kind == possible)
                {
                    RemovePayload(_store, stem, possible);
                }
            }

            _store.Sync();
        }

        _store.DeleteFile(name);
    }

    private bool IsOld(EntryName name, DateTime now) =>
        _store.TryGetStatus(name, out FileStatus status) && now - status.Modified.ToDateTime() > s_patience;
}
