using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>The directories of a safety copy, made as they are needed.</summary>
internal sealed class SafetyTree(EntrySwapPlace place, DirectoryHandle standing, EntryMetadataWriter metadata) : IDisposable
{
    private const int PrivateMode = 0x1c0;

    private DirectoryHandle? _root;

    /// <summary>Whether there is one.</summary>
    public bool IsMade => _root is not null;

    /// <summary>A directory of the safety copy, made where it is missing, private or as the target's own is.</summary>
    public DirectoryHandle Open(TreePath path)
    {
        EntryName name = EntryName.FromText(place.SafetyName);
        if (_root is null)
        {
            place.Home.CreateDirectory(name, PrivateMode);
            _root = place.Home.OpenDirectory(name);
            CopyMetadata(standing, place.Home, name, _root);
            Sync(_root, place.Home);
        }

        DirectoryHandle safety = _root.Retain();
        DirectoryHandle target = standing.Retain();
        try
        {
            foreach (EntryName component in path.Components())
            {
                DirectoryHandle targetBelow = target.OpenDirectory(component);
                target.Dispose();
                target = targetBelow;
                bool isNew = !safety.TryGetStatus(component, out _);
                if (isNew)
                {
                    safety.CreateDirectory(component, PrivateMode);
                }

                DirectoryHandle below = safety.OpenDirectory(component);
                if (isNew)
                {
                    CopyMetadata(target, safety, component, below);
                    if (place.SyncsEach)
                    {
                        Sync(below, safety);
                    }
                }

                safety.Dispose();
                safety = below;
            }

            return safety.Retain();
        }
        finally
        {
            target.Dispose();
            safety.Dispose();
        }
    }

    public void Sync() => _root?.Sync();

    public void Dispose() => _root?.Dispose();

    // Nothing may be moved into a directory that a power cut could still take.
    private static void Sync(DirectoryHandle directory, DirectoryHandle parent)
    {
        directory.Sync();
        parent.Sync();
    }

    private void CopyMetadata(DirectoryHandle from, DirectoryHandle parent, EntryName name, DirectoryHandle directory)
    {
        ListingEntry entry = EntrySwapPlace.Describe(from);
        metadata.Reapply(parent, name, directory, entry with { Mode = entry.Mode | PrivateMode });
    }
}
