using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>
/// Reads which snapshots a folder holds: this program's, ai-memory's, and Oxios' directories. A damaged one is told as
/// such and disturbs no other. Payloads are only looked at from outside.
/// </summary>
internal sealed class FolderCatalogue
{
    private readonly DirectoryHandle _store;
    private readonly ManifestFile _file = new();

    public FolderCatalogue(DirectoryHandle store) => _store = store;

    /// <summary>All snapshots in the file system's order, each read when it is asked for.</summary>
    public IEnumerable<StoredSnapshot> ReadAll()
    {
        List<EntryName> directories = [];
        HashSet<string> claimed = new(StringComparer.Ordinal);
        foreach (DirectoryEntry entry in _store.ReadEntries())
        {
            if (entry.Name.Bytes.EndsWith(".manifest.json"u8))
            {
                // A partial one claims its payload too: that one is being published or removed.
                string text = entry.Name.Text[..^SnapshotStem.ManifestSuffix.Length];
                bool isPartial = text.StartsWith(SnapshotStem.PartialPrefix, StringComparison.Ordinal);
                claimed.Add(isPartial ? text[SnapshotStem.PartialPrefix.Length..] : text);
                if (!IsHidden(entry.Name) && Read(entry.Name) is { } snapshot)
                {
                    yield return snapshot;
                }
            }
            else if (entry.Type is EntryType.Directory or EntryType.Unknown && !IsHidden(entry.Name))
            {
                directories.Add(entry.Name);
            }
        }

        foreach (EntryName directory in directories)
        {
            if (!claimed.Contains(directory.Text) && ReadOxios(directory) is { } snapshot)
            {
                yield return snapshot;
            }
        }
    }

    /// <summary>Reads again what <see cref="SnapshotEntry.File"/> tells of.</summary>
    /// <returns>The snapshot, damaged perhaps; <see langword="null"/> where it is gone.</returns>
    public StoredSnapshot? Read(string file) => file.EndsWith(SnapshotStem.ManifestSuffix, StringComparison.Ordinal)
        ? Read(EntryName.FromText(file))
        : ReadOxios(EntryName.FromText(file));

    /// <summary>Reads one manifest of this program or of ai-memory.</summary>
    /// <returns>The snapshot, damaged perhaps; <see langword="null"/> where there is no manifest of that name.</returns>
    public StoredSnapshot? Read(EntryName manifestName)
    {
        string text = manifestName.Text;
        bool hasStem = SnapshotStem.TryParseManifest(text, out SnapshotStem? stem);
        ManifestContent? content = null;
        (ErrorId Id, string Text)? damage;
        try
        {
            if (!_store.TryGetStatus(manifestName, out FileStatus status))
            {
                return null;
            }

            if (status.Type != EntryType.File)
            {
                damage = (ErrorId.SnapshotDamaged, "its manifest is no plain file");
            }
            else
            {
                content = ManifestContent.Parse(_file.Read(_store, manifestName), out string? error);
                damage = hasStem ? null : (ErrorId.SnapshotDamaged, "its manifest's name has no time stamp");
                if (hasStem && ManifestInterpreter.Interpret(content, error, stem!, out damage) is { } manifest)
                {
                    return WithPayload(manifest, text, stem!);
                }
            }
        }
        catch (FileSystemException e) when (e.Error != FileSystemError.TooManyOpenFiles)
        {
            if (e.Error == FileSystemError.NotFound)
            {
                return null;
            }

            damage = (ErrorId.SnapshotDamaged, e.Message);
        }

        string bare = text[..^SnapshotStem.ManifestSuffix.Length];
        string kind = content?.Kind is SnapshotKind.Sqlite or SnapshotKind.Directory ? content.Kind
            : hasStem && IsDirectory(EntryName.FromText(stem!.Payload(SnapshotKind.Directory))) ? SnapshotKind.Directory
            : SnapshotKind.Sqlite;
        return Damaged(ManifestInterpreter.Minimal(content, stem, bare, kind), text, damage!.Value);
    }

    /// <summary>Reads a directory as a backup made by Oxios.</summary>
    /// <returns>The snapshot, damaged perhaps; <see langword="null"/> where it is no such directory.</returns>
    public StoredSnapshot? ReadOxios(EntryName directory)
    {
        OxiosManifest manifest;
        string? damage = null;
        try
        {
            using DirectoryHandle handle = _store.OpenDirectory(directory);
            EntryName file = EntryName.FromText(OxiosManifest.FileName);
            if (!handle.TryGetStatus(file, out FileStatus status) || status.Type != EntryType.File)
            {
                return null;
            }

            manifest = OxiosManifest.Parse(_file.Read(handle, file));
            damage = manifest.Damage;
        }
        catch (FileSystemException e) when (e.Error != FileSystemError.TooManyOpenFiles)
        {
            // Whatever it is, nothing says that it is a backup.
            return null;
        }

        if (!manifest.IsOxios)
        {
            return null;
        }

        string name = directory.Text;
        bool hasStem = SnapshotStem.TryParse(name, out SnapshotStem? stem);
        string path = Path.Join(_store.Path, name);
        return new StoredSnapshot(
            new SnapshotManifest
            {
                FormatVersion = 0,
                Kind = SnapshotKind.Directory,
                Name = hasStem ? stem!.Name : name,
                Snapshot = name,
                CreatedAt = manifest.CreatedAt ?? stem?.Stamp ?? DateTime.UnixEpoch,
                Source = string.Empty,
                Tool = "Oxios",
                Version = manifest.OxiosVersion,
                Bytes = null,
                EntryCount = manifest.Sections.Aggregate(0L, (sum, section) => unchecked(sum + section.EntryCount)),
                Sections = manifest.Sections,
                Origin = ManifestOrigin.Oxios,
            },
            Path.Join(path, OxiosManifest.FileName),
            path,
            damage is null ? SnapshotState.Complete : SnapshotState.Damaged,
            damage)
        {
            DamageId = manifest.DamageId,
        };
    }

    private StoredSnapshot? WithPayload(SnapshotManifest manifest, string manifestName, SnapshotStem stem)
    {
        string? damage = FindFault(manifest);
        if (damage is null)
        {
            return new StoredSnapshot(
                manifest,
                Path.Join(_store.Path, manifestName),
                Path.Join(_store.Path, manifest.Snapshot),
                ManifestInterpreter.StateOf(manifest));
        }

        // A snapshot that is removed meanwhile loses its manifest first.
        return _store.TryGetStatus(EntryName.FromText(stem.Manifest), out _)
            ? Damaged(manifest, manifestName, (ErrorId.SnapshotDamaged, damage))
            : null;
    }

    private string? FindFault(SnapshotManifest manifest)
    {
        if (!_store.TryGetStatus(EntryName.FromText(manifest.Snapshot), out FileStatus payload))
        {
            return $"its payload '{manifest.Snapshot}' is missing";
        }

        if (payload.Type != (manifest.Kind == SnapshotKind.Directory ? EntryType.Directory : EntryType.File))
        {
            return $"its payload '{manifest.Snapshot}' is no {(manifest.Kind == SnapshotKind.Directory ? "directory" : "plain file")}";
        }

        if (manifest.Kind == SnapshotKind.Sqlite && payload.Size != manifest.Bytes)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"its payload '{manifest.Snapshot}' has {payload.Size} bytes instead of {manifest.Bytes}");
        }

        return manifest.Listing is not null
            && !(_store.TryGetStatus(EntryName.FromText(manifest.Listing), out FileStatus listing) && listing.Type == EntryType.File)
            ? $"its listing '{manifest.Listing}' is missing"
            : null;
    }

    private StoredSnapshot Damaged(SnapshotManifest manifest, string manifestName, (ErrorId Id, string Text) damage) => new(
        manifest,
        Path.Join(_store.Path, manifestName),
        Path.Join(_store.Path, manifest.Snapshot),
        SnapshotState.Damaged,
        damage.Text)
    {
        DamageId = damage.Id,
    };

    private static bool IsHidden(EntryName name) => name.Bytes[0] == (byte)'.';

    private bool IsDirectory(EntryName name) =>
        _store.TryGetStatus(name, out FileStatus status) && status.Type == EntryType.Directory;
}
