using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>A database file or a directory without a manifest: restorable without verification, and no snapshot otherwise.</summary>
internal static class BarePayload
{
    /// <summary>Describes it.</summary>
    /// <param name="directory">The directory that holds it.</param>
    /// <param name="name">Its name.</param>
    /// <returns><see langword="null"/> where it is neither a database nor a directory.</returns>
    /// <exception cref="FileSystemException">It cannot be read.</exception>
    public static StoredSnapshot? Describe(DirectoryHandle directory, EntryName name)
    {
        if (!directory.TryGetStatus(name, out FileStatus status))
        {
            return null;
        }

        string? kind = status.Type == EntryType.Directory ? SnapshotKind.Directory
            : status.Type == EntryType.File && HasDatabaseHeader(directory, name) ? SnapshotKind.Sqlite
            : null;
        if (kind is null)
        {
            return null;
        }

        string text = name.Text;
        SnapshotManifest manifest = new()
        {
            FormatVersion = 0,
            Kind = kind,
            Name = SnapshotName.FromSource(text, kind),
            Snapshot = text,
            CreatedAt = status.Modified.ToDateTime(),
            Source = string.Empty,
            Bytes = kind == SnapshotKind.Sqlite ? status.Size : 0,
        };
        return new StoredSnapshot(
            manifest, string.Empty, Path.Join(directory.Path, text), SnapshotState.Damaged, "it has no manifest");
    }

    private static bool HasDatabaseHeader(DirectoryHandle directory, EntryName name)
    {
        Span<byte> header = stackalloc byte[16];
        using FileHandle file = directory.OpenFile(name);
        return file.ReadAt(header, 0) == header.Length && header.SequenceEqual("SQLite format 3\0"u8);
    }
}
