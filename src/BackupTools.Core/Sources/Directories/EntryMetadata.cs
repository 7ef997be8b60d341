using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Directories;

/// <summary>Turns a status into the metadata of a listing entry.</summary>
internal sealed class EntryMetadata
{
    private readonly OwnerNames _owners = new();

    public ListingEntry Create(TreePath path, in FileStatus status, IReadOnlyList<KeyValuePair<string, byte[]>> attributes)
    {
        bool isWindows = OperatingSystem.IsWindows();
        return new ListingEntry
        {
            Path = path,
            Type = status.Type,
            Modified = status.Modified,
            Mode = isWindows ? null : status.Mode,
            Uid = isWindows ? null : status.Uid,
            Gid = isWindows ? null : status.Gid,
            Owner = isWindows ? null : _owners.User(status.Uid),
            Group = isWindows ? null : _owners.Group(status.Gid),
            Attributes = isWindows ? status.Attributes : null,
            ExtendedAttributes = attributes,
            Source = status,
        };
    }
}
