using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Directories;

/// <summary>
/// Counts files and links, and bytes, by section: the first-level directories, or those that the caller names; what
/// stands at the root counts under <c>.</c>.
/// </summary>
internal sealed class SectionCounter
{
    private readonly SortedDictionary<TreePath, Count> _sections = [];
    private readonly List<TreePath> _named;
    private Count? _last;

    public SectionCounter(IEnumerable<TreePath> named)
    {
        _named = [.. named];
        foreach (TreePath section in _named)
        {
            _sections[section] = new Count(section);
        }
    }

    /// <summary>Files and links in all.</summary>
    public long EntryCount { get; private set; }

    /// <summary>Bytes of all files, each hard-linked one once.</summary>
    public long Bytes { get; private set; }

    public void Add(ListingEntry entry)
    {
        if (entry.Type == EntryType.Directory)
        {
            if (_named.Count == 0 && entry.Path.Depth == 1)
            {
                _last = Section(entry.Path);
            }

            return;
        }

        long bytes = entry.HardLink is null ? entry.Bytes : 0;
        EntryCount++;
        Bytes += bytes;
        if (entry.Path.Depth == 1)
        {
            Section(TreePath.Root).Add(bytes);
        }
        else if (_named.Count == 0)
        {
            if (_last is null || !entry.Path.IsWithin(_last.Path))
            {
                _last = Section(entry.Path.First);
            }

            _last.Add(bytes);
        }

        foreach (TreePath section in _named)
        {
            if (entry.Path.IsWithin(section))
            {
                _sections[section].Add(bytes);
            }
        }
    }

    public IReadOnlyList<SnapshotSection> ToList() =>
        [.. _sections.Values.Select(static count => new SnapshotSection(count.Path.Text, count.Entries, count.Bytes))];

    private Count Section(TreePath path)
    {
        if (!_sections.TryGetValue(path, out Count? count))
        {
            count = new Count(path);
            _sections[path] = count;
        }

        return count;
    }

    private sealed class Count(TreePath path)
    {
        public TreePath Path { get; } = path;

        public long Entries { get; private set; }

        public long Bytes { get; private set; }

        public void Add(long bytes)
        {
            Entries++;
            Bytes += bytes;
        }
    }
}
