using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Restore;

/// <summary>The sidecars that a restored file must not meet.</summary>
internal static class StaleSidecars
{
    /// <summary>
    /// What stands beside a file that is about to be replaced or made, and would be taken for the new database's log,
    /// or belongs to the old one.
    /// </summary>
    public static List<EntryName> Of(EntryName name, DirectoryHandle stage, DirectoryHandle target)
    {
        List<EntryName> sidecars =
        [
            .. DatabaseFile.SidecarSuffixes
                .Select(suffix => DatabaseFile.Sidecar(name, suffix))
                .Where(sidecar => target.TryGetStatus(sidecar, out FileStatus status)
                    && status.Type == EntryType.File
                    && !stage.TryGetStatus(sidecar, out _)),
        ];
        return sidecars.Count == 0 || IsDatabase(stage, name) || sidecars.Exists(sidecar => IsLog(target, sidecar)) ? sidecars : [];
    }

    private static bool IsDatabase(DirectoryHandle directory, EntryName name) =>
        DatabaseFile.HasMagic(Head(directory, name, 16));

    // The beginnings of a write-ahead log and of a rollback journal: https://sqlite.org/fileformat2.html, 3 and 4.1
    private static bool IsLog(DirectoryHandle directory, EntryName name)
    {
        byte[] head = Head(directory, name, 8);
        return head.AsSpan().StartsWith<byte>([0x37, 0x7f, 0x06])
            || head.AsSpan().SequenceEqual(JournalHeader.Magic);
    }

    private static byte[] Head(DirectoryHandle directory, EntryName name, int length)
    {
        byte[] head = new byte[length];
        using FileHandle file = directory.OpenFile(name);
        return head[..file.ReadAt(head, 0)];
    }
}
