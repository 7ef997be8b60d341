using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Stores;

/// <summary>
/// Compares a payload's tree with the listing, entry by entry in the listing's order: what the listing has must be there
/// with its type and size, and nothing else. Only the names of the directories from the root to the current one are in
/// memory.
/// </summary>
internal sealed class PayloadComparison : IDisposable
{
    private readonly Findings _findings;
    private readonly Stack<Level> _levels = new();

    /// <summary>Begins at the payload's root.</summary>
    public PayloadComparison(DirectoryHandle payload, Findings findings)
    {
        _findings = findings;
        _levels.Push(new Level(TreePath.Root, payload.Retain()));
    }

    /// <summary>Compares the next entry.</summary>
    /// <returns>Whether it is there as it should be.</returns>
    public bool Visit(ListingEntry entry)
    {
        if (entry.Path.IsRoot)
        {
            return true;
        }

        while (_levels.Count > 1 && !_levels.Peek().Path.Equals(entry.Path.Parent))
        {
            Leave();
        }

        Level level = _levels.Peek();
        if (!level.Path.Equals(entry.Path.Parent))
        {
            // Below a directory that is missing, which was told.
            return false;
        }

        EntryName name = entry.Path.Name;
        level.Unseen.Remove(name);
        bool isThere = level.Directory.TryGetStatus(name, out FileStatus status);
        if (entry.Type == EntryType.Symlink || entry.HardLink is not null)
        {
            // The listing alone counts: not every store's file system has links.
            if (isThere && status.Type != entry.Type)
            {
                _findings.Fail($"'{entry.Path}' is of another type in the payload than in the listing");
            }

            return isThere;
        }

        if (!isThere)
        {
            _findings.Fail($"'{entry.Path}' is missing in the payload");
            return false;
        }

        if (status.Type != entry.Type)
        {
            _findings.Fail($"'{entry.Path}' is of another type in the payload than in the listing");
            return false;
        }

        if (entry.Type == EntryType.Directory)
        {
            _levels.Push(new Level(entry.Path, level.Directory.OpenDirectory(name)));
        }
        else if (status.Size != entry.Bytes)
        {
            _findings.Fail(string.Create(
                CultureInfo.InvariantCulture, $"'{entry.Path}' has {status.Size} bytes, the listing says {entry.Bytes}"));
            return false;
        }

        return true;
    }

    /// <summary>Tells what is left over.</summary>
    public void End()
    {
        while (_levels.Count > 0)
        {
            Leave();
        }
    }

    public void Dispose()
    {
        while (_levels.TryPop(out Level? level))
        {
            level.Directory.Dispose();
        }
    }

    private void Leave()
    {
        Level level = _levels.Pop();
        level.Directory.Dispose();
        foreach (EntryName name in level.Unseen.Order())
        {
            _findings.Fail($"'{level.Path.Append(name)}' is in the payload, but not in the listing");
        }
    }

    private sealed class Level(TreePath path, DirectoryHandle directory)
    {
        public TreePath Path { get; } = path;

        public DirectoryHandle Directory { get; } = directory;

        public HashSet<EntryName> Unseen { get; } = [.. directory.ReadEntries().Select(static entry => entry.Name)];
    }
}
