using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Restic;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Snapshots;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// The manifest that a snapshot carries at the root of its tree, as <c>.backuptools/manifest.json</c>; and what stands for
/// one where restic made the snapshot. What restic keeps of a snapshot itself (time, host, tags) is restic's word, which
/// its own commands can change.
/// </summary>
internal sealed class TravellingManifest
{
    /// <summary>The directory at the tree's root.</summary>
    public static readonly EntryName DirectoryName = EntryName.FromText(".backuptools");

    /// <summary>The file in it.</summary>
    public static readonly EntryName FileName = EntryName.FromText("manifest.json");

    private const int MaxBytes = 128 * 1024 * 1024;

    private readonly Repository _repository;
    private readonly string _store;

    public TravellingManifest(Repository repository, string store)
    {
        _repository = repository;
        _store = store;
    }

    /// <summary>Describes a snapshot; a damaged one is told as such.</summary>
    /// <returns><see langword="null"/> where it has gone meanwhile.</returns>
    public StoredSnapshot? Describe(ObjectId id)
    {
        SnapshotRecord record;
        try
        {
            record = _repository.LoadSnapshot(id);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (RepositoryDataException e)
        {
            return Damaged(Unreadable(id), id, (ErrorId.SnapshotDamaged, e.Message));
        }

        try
        {
            if (Read(record) is not { } bytes)
            {
                return Stored(DescribeForeign(record), id);
            }

            ManifestContent content = ManifestContent.Parse(bytes, out string? error);
            if (content.Source is not null && record.Paths is [var path] && path != content.Source)
            {
                // A manifest of another snapshot, which was restored with it and captured again by restic.
                return Stored(DescribeForeign(record), id);
            }

            return ManifestInterpreter.InterpretTravelling(content, error, out (ErrorId, string)? damage) is { } manifest
                ? Stored(WithRecord(manifest, record), id)
                : Damaged(DescribeWhatIsLeft(record), id, damage!.Value);
        }
        catch (Exception e) when (e is RepositoryDataException or RepositoryException)
        {
            return Damaged(DescribeWhatIsLeft(record), id, (ErrorId.SnapshotDamaged, e.Message));
        }
    }

    private static StoredSnapshot Damaged(SnapshotManifest manifest, string path, (ErrorId Id, string Text) damage) =>
        new(manifest, path, path, SnapshotState.Damaged, damage.Text) { DamageId = damage.Id };

    private StoredSnapshot Damaged(SnapshotManifest manifest, ObjectId id, (ErrorId Id, string Text) damage) =>
        Damaged(manifest, RepositoryLocation.PathOf(_store, id.ToString()), damage);

    private StoredSnapshot Stored(SnapshotManifest manifest, ObjectId id)
    {
        string path = RepositoryLocation.PathOf(_store, id.ToString());
        return new StoredSnapshot(manifest, path, path, ManifestInterpreter.StateOf(manifest));
    }

    private byte[]? Read(SnapshotRecord record)
    {
        TreeNode? directory = Find(record.Tree, DirectoryName);
        TreeNode? file = directory?.Subtree is { } tree ? Find(tree, FileName) : null;
        if (file?.Content is not { } pieces || file.Size > MaxBytes)
        {
            return null;
        }

        using MemoryStream content = new((int)file.Size);
        foreach (ObjectId piece in pieces)
        {
            content.Write(_repository.LoadBlob(BlobType.Data, piece));
        }

        return content.ToArray();
    }

    private TreeNode? Find(ObjectId tree, EntryName name)
    {
        foreach (TreeNode node in _repository.LoadTree(tree))
        {
            int order = node.Name.Span.SequenceCompareTo(name.Bytes);
            if (order >= 0)
            {
                return order == 0 ? node : null;
            }
        }

        return null;
    }

    private static SnapshotManifest WithRecord(SnapshotManifest manifest, SnapshotRecord record) => manifest with
    {
        Snapshot = record.Id.ToString(),
        CreatedAt = record.Time.ToDateTime(),
        Host = record.HostName,
        Tags = record.Tags,
    };

    // A database that restic captured by itself is a database here too.
    private SnapshotManifest DescribeForeign(SnapshotRecord record)
    {
        SnapshotManifest manifest = Synthesize(record);
        if (record.Paths is not [var path]
            || PayloadRoot.FindInForeign(_repository, record.Tree, SourcePath.Components(path)).Node is not
                { Type: NodeTypes.File, Content: [var first, ..] } node
            || !DatabaseFile.HasMagic(_repository.LoadBlob(BlobType.Data, first)))
        {
            return manifest;
        }

        return manifest with
        {
            Kind = SnapshotKind.Sqlite,
            Name = SnapshotName.FromSource(path, SnapshotKind.Sqlite),
            SourceDb = path,
            Bytes = (long)node.Size,
            EntryCount = null,
            File = NodeConversion.ToFileInfo(node),
        };
    }

    // It may be restored without its manifest, a database as a database.
    private SnapshotManifest DescribeWhatIsLeft(SnapshotRecord record)
    {
        try
        {
            return DescribeForeign(record);
        }
        catch (Exception e) when (e is RepositoryDataException or RepositoryException)
        {
            return Synthesize(record);
        }
    }

    private static SnapshotManifest Synthesize(SnapshotRecord record)
    {
        string ancestor = SourcePath.CommonAncestor(record.Paths);
        bool isOurs = record.ProgramVersion.Length > 0 && !record.ProgramVersion.StartsWith("restic ", StringComparison.Ordinal);
        return new SnapshotManifest
        {
            FormatVersion = 0,
            Id = record.Id.ToString(),
            Kind = SnapshotKind.Directory,
            Name = SnapshotName.FromSource(ancestor, SnapshotKind.Directory),
            Snapshot = record.Id.ToString(),
            CreatedAt = record.Time.ToDateTime(),
            Source = string.Join(", ", record.Paths),
            Host = record.HostName,
            Tool = isOurs ? record.ProgramVersion : "restic",
            Version = isOurs ? string.Empty : record.ProgramVersion.Replace("restic ", string.Empty, StringComparison.Ordinal),
            Bytes = record.Summary?.Bytes,
            EntryCount = record.Summary?.Files,
            Sha256 = record.Tree.ToString(),
            Tags = record.Tags,
            Origin = ManifestOrigin.Restic,
        };
    }

    private static SnapshotManifest Unreadable(ObjectId id) => new()
    {
        FormatVersion = 0,
        Kind = SnapshotKind.Directory,
        Name = id.ToString()[..8],
        Snapshot = id.ToString(),
        CreatedAt = DateTime.UnixEpoch,
        Source = string.Empty,
        Bytes = 0,
        Origin = ManifestOrigin.Restic,
    };
}
