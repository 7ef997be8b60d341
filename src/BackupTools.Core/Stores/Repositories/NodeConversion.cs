using System.Buffers.Text;
using System.Globalization;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Entries of a listing as nodes of a repository's tree, and back.</summary>
internal static class NodeConversion
{
    private const uint DirectoryType = 0x4000;
    private const uint FileType = 0x8000;
    private const uint SymlinkType = 0xa000;

    private static ReadOnlySpan<byte> WindowsAttributes => "windows.file_attributes"u8;

    /// <summary>Makes the node of an entry that was captured.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="name">Its name in the tree.</param>
    /// <param name="subtree">A directory's tree.</param>
    public static TreeNode ToNode(ListingEntry entry, EntryName name, ObjectId? subtree)
    {
        FileStatus status = entry.Source ?? default;
        uint type = entry.Type switch
        {
            EntryType.Directory => DirectoryType,
            EntryType.Symlink => SymlinkType,
            _ => FileType,
        };
        RepositoryTime modified = ToTime(entry.Modified);
        TreeNode node = new()
        {
            Name = name.Bytes.ToArray(),
            Type = entry.Type switch
            {
                EntryType.Directory => NodeTypes.Directory,
                EntryType.Symlink => NodeTypes.Symlink,
                _ => NodeTypes.File,
            },
            Mode = NodeMode.FromUnix(type | (uint)(entry.Mode ?? (entry.Type == EntryType.Directory ? 0x1ff : 0x1b6))),
            ModifiedAt = modified,
            AccessedAt = modified,
            ChangedAt = status.Changed == default ? modified : ToTime(status.Changed),
            UserId = entry.Uid ?? 0,
            GroupId = entry.Gid ?? 0,
            User = entry.Owner ?? string.Empty,
            Group = entry.Group ?? string.Empty,
            Inode = status.Identity.Inode,
            ExtendedAttributes = [.. entry.ExtendedAttributes.Select(static attribute =>
                new Xattr(Encoding.UTF8.GetBytes(attribute.Key), attribute.Value))],
            Subtree = subtree,
        };
        if (entry.Type != EntryType.Directory)
        {
            node.Links = status.LinkCount;
        }

        if (entry.Type == EntryType.File)
        {
            node.Size = (ulong)entry.Bytes;
            node.Content = entry.Pieces ?? [];
            node.DeviceId = status.LinkCount > 1 ? status.Identity.Device : 0;
        }

        if (entry.Target is { } target)
        {
            node.LinkTarget = target;
        }

        if (entry.Attributes is { } attributes)
        {
            node.GenericAttributes = Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{{\"windows.file_attributes\":{(uint)attributes}}}"));
        }

        return node;
    }

    /// <summary>Makes the entry of a node, if it is one of those that are kept here.</summary>
    /// <param name="node">The node.</param>
    /// <param name="path">Its path below the source.</param>
    /// <returns><see langword="null"/> for sockets, pipes and devices.</returns>
    public static ListingEntry? ToEntry(TreeNode node, TreePath path)
    {
        EntryType? type = node.Type switch
        {
            NodeTypes.File => EntryType.File,
            NodeTypes.Directory => EntryType.Directory,
            NodeTypes.Symlink => EntryType.Symlink,
            _ => null,
        };
        if (type is not { } kept)
        {
            return null;
        }

        FileAttributes? attributes = ReadWindowsAttributes(node.GenericAttributes.Span);
        bool isWindows = OperatingSystem.IsWindows();
        return new ListingEntry
        {
            Path = path,
            Type = kept,
            Bytes = kept == EntryType.File ? (long)Math.Min(node.Size, long.MaxValue) : 0,
            Modified = new Timestamp(node.ModifiedAt.UnixSeconds, node.ModifiedAt.Nanoseconds),
            Mode = isWindows ? null : (int)NodeMode.ToUnixPermissions(node.Mode),
            Uid = isWindows ? null : node.UserId,
            Gid = isWindows ? null : node.GroupId,
            Owner = node.User.Length > 0 ? node.User : null,
            Group = node.Group.Length > 0 ? node.Group : null,
            Target = kept == EntryType.Symlink ? node.LinkTarget.ToArray() : null,
            ExtendedAttributes = [.. node.ExtendedAttributes.Select(ToAttribute)],
            Attributes = isWindows ? attributes : null,
            Pieces = kept == EntryType.File ? node.Content ?? [] : null,
        };
    }

    /// <summary>What a manifest tells of a database's file.</summary>
    public static SourceFileInfo ToFileInfo(TreeNode node) => new()
    {
        Mode = Convert.ToString((int)NodeMode.ToUnixPermissions(node.Mode), 8).PadLeft(4, '0'),
        Uid = node.UserId,
        Gid = node.GroupId,
        Owner = node.User.Length > 0 ? node.User : null,
        Group = node.Group.Length > 0 ? node.Group : null,
        Modified = new Timestamp(node.ModifiedAt.UnixSeconds, node.ModifiedAt.Nanoseconds).ToString(),
    };

    /// <summary>The extended attributes of a node.</summary>
    public static IReadOnlyList<KeyValuePair<string, byte[]>> AttributesOf(TreeNode node) =>
        [.. node.ExtendedAttributes.Select(ToAttribute)];

    /// <summary>Whether a file is as its node says, by restic's rules.</summary>
    public static bool IsUnchanged(TreeNode node, in FileStatus status) =>
        node.Type == NodeTypes.File
        && node.Size == (ulong)status.Size
        && node.Inode == status.Identity.Inode
        && IsSame(node.ModifiedAt, status.Modified)
        && IsSame(node.ChangedAt, status.Changed);

    public static RepositoryTime ToTime(Timestamp time) => RepositoryTime.FromUnix(time.Seconds, time.Nanoseconds);

    private static bool IsSame(RepositoryTime stored, Timestamp time) =>
        stored.UnixSeconds == time.Seconds && stored.Nanoseconds == time.Nanoseconds;

    private static KeyValuePair<string, byte[]> ToAttribute(Xattr attribute) =>
        new(Encoding.UTF8.GetString(attribute.Name.Span), attribute.Value?.ToArray() ?? []);

    private static FileAttributes? ReadWindowsAttributes(ReadOnlySpan<byte> json)
    {
        int at = json.IndexOf(WindowsAttributes);
        if (at < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = json[(at + WindowsAttributes.Length + 1)..].TrimStart(": "u8);
        return Utf8Parser.TryParse(rest, out uint value, out _) ? (FileAttributes)value : null;
    }
}
