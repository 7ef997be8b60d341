using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Stores;

/// <summary>
/// The entries of a payload that has no listing, as they lie there: in a listing's order, without hashes. Links are told,
/// not followed; sockets, pipes and devices are no part of a backup.
/// </summary>
internal static class PayloadWalk
{
    /// <summary>Walks a tree.</summary>
    /// <param name="root">Its root.</param>
    /// <param name="leaveOut">A name at the root that is no part of it, if any.</param>
    /// <returns>The entries, one directory's names in memory at a time for each level.</returns>
    public static IEnumerable<ListingEntry> Read(DirectoryHandle root, string? leaveOut)
    {
        yield return Describe(TreePath.Root, root.GetStatus());
        Stack<Level> levels = new();
        levels.Push(Level.Of(root.Retain(), TreePath.Root, leaveOut));
        try
        {
            while (levels.TryPeek(out Level? level))
            {
                if (!level.Names.TryDequeue(out EntryName name))
                {
                    levels.Pop().Directory.Dispose();
                    continue;
                }

                TreePath path = level.Path.Append(name);
                if (!level.Directory.TryGetStatus(name, out FileStatus status))
                {
                    continue;
                }

                if (status.Type == EntryType.Directory)
                {
                    levels.Push(Level.Of(level.Directory.OpenDirectory(name), path, null));
                }

                if (status.Type == EntryType.Symlink)
                {
                    yield return Describe(path, status) with { Target = level.Directory.ReadLink(name) };
                }
                else if (status.Type is EntryType.File or EntryType.Directory)
                {
                    yield return Describe(path, status);
                }
            }
        }
        finally
        {
            while (levels.TryPop(out Level? level))
            {
                level.Directory.Dispose();
            }
        }
    }

    private static ListingEntry Describe(TreePath path, in FileStatus status) => new()
    {
        Path = path,
        Type = status.Type,
        Bytes = status.Type == EntryType.File ? status.Size : 0,
        Modified = status.Modified,
        Mode = OperatingSystem.IsWindows() ? null : status.Mode,
        Uid = OperatingSystem.IsWindows() ? null : status.Uid,
        Gid = OperatingSystem.IsWindows() ? null : status.Gid,
        Attributes = OperatingSystem.IsWindows() ? status.Attributes : null,
    };

    private sealed record Level(DirectoryHandle Directory, TreePath Path, Queue<EntryName> Names)
    {
        /// <summary>Takes over the handle.</summary>
        public static Level Of(DirectoryHandle directory, TreePath path, string? leaveOut)
        {
            try
            {
                List<EntryName> names = directory.ReadEntries().ConvertAll(entry => entry.Name);
                if (leaveOut is not null)
                {
                    names.Remove(EntryName.FromText(leaveOut));
                }

                names.Sort();
                return new Level(directory, path, new Queue<EntryName>(names));
            }
            catch
            {
                directory.Dispose();
                throw;
            }
        }
    }
}
