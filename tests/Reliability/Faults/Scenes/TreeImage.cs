using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// All that a tree holds, by path: kinds, contents, modes, times, links. Two images are equal where the trees are. The
/// root itself is left out: what a run does beside its target changes the time of the directory above.
/// </summary>
internal sealed class TreeImage : IEquatable<TreeImage>
{
    private readonly SortedDictionary<string, Entry> _entries;

    private TreeImage(SortedDictionary<string, Entry> entries) => _entries = entries;

    public IEnumerable<string> Paths => _entries.Keys;

    public int Count => _entries.Count;

    /// <summary>Looks at a directory; a missing one has an empty image.</summary>
    public static TreeImage Of(string directory)
    {
        SortedDictionary<string, Entry> entries = new(StringComparer.Ordinal);
        if (Directory.Exists(directory))
        {
            Dictionary<FileIdentity, string> seen = [];
            using DirectoryHandle handle = DirectoryHandle.Open(directory);
            Add(entries, seen, handle, string.Empty);
        }

        return new TreeImage(entries);
    }

    /// <summary>What of it fits, and may be called something else.</summary>
    public TreeImage Select(Func<string, string?> rename)
    {
        SortedDictionary<string, Entry> chosen = new(StringComparer.Ordinal);
        foreach ((string path, Entry entry) in _entries)
        {
            if (rename(path) is { } name)
            {
                chosen.Add(name, entry.SameAs is { } first ? entry with { SameAs = rename(first) ?? first } : entry);
            }
        }

        return new TreeImage(chosen);
    }

    /// <summary>The same but for what directories have of their own: their times, modes and attributes.</summary>
    public TreeImage WithBareDirectories() => new(new SortedDictionary<string, Entry>(
        _entries.ToDictionary(
            static pair => pair.Key,
            static pair => pair.Value.Text.StartsWith(nameof(EntryType.Directory), StringComparison.Ordinal) ? new Entry(nameof(EntryType.Directory)) : pair.Value),
        StringComparer.Ordinal));

    public bool Equals(TreeImage? other) => other is not null && _entries.SequenceEqual(other._entries);

    public override bool Equals(object? obj) => Equals(obj as TreeImage);

    public override int GetHashCode() => _entries.Count;

    /// <summary>Fails with what differs.</summary>
    public void AssertSame(TreeImage actual, string what)
    {
        if (!Equals(actual))
        {
            Assert.Fail($"{what} is not what it should be:\n{Difference(actual)}");
        }
    }

    /// <summary>What differs, a line each.</summary>
    public string Difference(TreeImage actual)
    {
        IEnumerable<string> lines = _entries.Keys.Union(actual._entries.Keys).Order(StringComparer.Ordinal)
            .Where(path => _entries.GetValueOrDefault(path) != actual._entries.GetValueOrDefault(path))
            .Select(path => $"{path}: expected {Describe(path)}, found {actual.Describe(path)}");
        return string.Join('\n', lines);
    }

    private string Describe(string path) => _entries.TryGetValue(path, out Entry? entry)
        ? entry.SameAs is { } first ? $"{entry.Text} same as {first}" : entry.Text
        : "nothing";

    private static void Add(
        SortedDictionary<string, Entry> entries, Dictionary<FileIdentity, string> seen, DirectoryHandle directory, string prefix)
    {
        foreach (DirectoryEntry entry in directory.ReadEntries().OrderBy(static entry => entry.Name))
        {
            string path = prefix + entry.Name.Text;
            Assert.True(directory.TryGetStatus(entry.Name, out FileStatus status), $"{path} vanished");
            string common = string.Create(
                CultureInfo.InvariantCulture, $"{status.Type} {Convert.ToString(status.Mode, 8)} {status.Uid}:{status.Gid} {status.Modified}");
            switch (status.Type)
            {
                case EntryType.Directory:
                    using (DirectoryHandle below = directory.OpenDirectory(entry.Name))
                    {
                        entries.Add(path, new Entry($"{common} {Attributes(below.GetAttributes())}"));
                        Add(entries, seen, below, path + "/");
                    }

                    break;
                case EntryType.Symlink:
                    entries.Add(path, new Entry($"{common} to {Encoding.UTF8.GetString(directory.ReadLink(entry.Name))}"));
                    break;
                case EntryType.File when !seen.TryAdd(status.Identity, path):
                    entries.Add(path, new Entry(common, seen[status.Identity]));
                    break;
                case EntryType.File:
                    using (FileHandle file = directory.OpenFile(entry.Name))
                    {
                        byte[] content = File.ReadAllBytes(Path.Join(directory.Path, entry.Name.Text));
                        string hash = Convert.ToHexStringLower(SHA256.HashData(content))[..16];
                        entries.Add(path, new Entry($"{common} {content.Length} {hash} {Attributes(file.GetAttributes())}"));
                    }

                    break;
                default:
                    entries.Add(path, new Entry(common));
                    break;
            }
        }
    }

    private static string Attributes(List<KeyValuePair<string, byte[]>> attributes) =>
        string.Join(' ', attributes.Select(static a => $"{a.Key}={Convert.ToHexStringLower(a.Value)}").Order(StringComparer.Ordinal));

    /// <summary>One name.</summary>
    /// <param name="Text">What is there.</param>
    /// <param name="SameAs">The first name of the same file, where it has several.</param>
    private sealed record Entry(string Text, string? SameAs = null);
}
