using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Directories;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>
/// The part of a directory snapshot that is wanted. The listing is read once beforehand: only then is it known whether
/// anything fits, how large it is, and which hard-linked files are wanted by a later name alone.
/// </summary>
internal sealed class IncludeSelection
{
    private readonly PathPatterns _patterns;
    private readonly Dictionary<TreePath, TreePath> _restoredNames = [];

    private IncludeSelection(PathPatterns patterns) => _patterns = patterns;

    /// <summary>Bytes of the files that are wanted.</summary>
    public long Bytes { get; private set; }

    /// <summary>Files and links that are wanted.</summary>
    public long Entries { get; private set; }

    /// <summary>Whether nothing is wanted, not even a directory.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Reads the listing.</summary>
    /// <returns>The selection, or <see langword="null"/> where there are no patterns and all is wanted.</returns>
    public static IncludeSelection? Create(
        ISnapshotReader reader, IReadOnlyList<string> patterns, bool verifyListing, CancellationToken cancellation)
    {
        PathPatterns parsed = PathPatterns.Parse(patterns);
        if (parsed.IsEmpty)
        {
            return null;
        }

        IncludeSelection selection = new(parsed);
        foreach (ListingEntry entry in reader.ReadEntries(verifyListing))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!entry.Path.IsRoot && selection.Contains(entry))
            {
                selection.Count(entry);
            }
        }

        return selection;
    }

    /// <summary>Whether an entry is wanted.</summary>
    public bool Contains(ListingEntry entry) => _patterns.IsMatchOrBelow(entry.Path, entry.Type == EntryType.Directory);

    /// <summary>Whether a file is not wanted itself, but its content is under a later name.</summary>
    public bool IsOmittedFirstName(TreePath path) => _restoredNames.ContainsKey(path);

    /// <summary>The first name under which a hard-linked file is restored.</summary>
    public TreePath RestoredName(TreePath first) => _restoredNames.GetValueOrDefault(first, first);

    private void Count(ListingEntry entry)
    {
        IsEmpty = false;
        if (entry.Type == EntryType.Directory)
        {
            return;
        }

        Entries++;
        if (entry.HardLink is not { } first)
        {
            Bytes += entry.Bytes;
        }
        else if (!_patterns.IsMatchOrBelow(first, isDirectory: false) && _restoredNames.TryAdd(first, entry.Path))
        {
            Bytes += entry.Bytes;
        }
    }
}
