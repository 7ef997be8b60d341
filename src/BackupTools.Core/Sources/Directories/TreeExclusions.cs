using System.Text.RegularExpressions;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Directories;

/// <summary>What a directory snapshot leaves out, by the caller's wish or by itself.</summary>
internal sealed partial class TreeExclusions
{
    // https://bford.info/cachedir/
    private static readonly EntryName s_cacheTag = EntryName.FromText("CACHEDIR.TAG");

    private readonly PathPatterns _patterns;
    private readonly bool _excludeCaches;
    private readonly FileIdentity? _store;

    /// <summary>Collects what to leave out.</summary>
    /// <param name="patterns">The caller's patterns.</param>
    /// <param name="excludeCaches">Whether directories with a cache tag are left out.</param>
    /// <param name="store">The store's own directory, which must not be backed up into itself.</param>
    public TreeExclusions(PathPatterns patterns, bool excludeCaches, FileIdentity? store)
    {
        _patterns = patterns;
        _excludeCaches = excludeCaches;
        _store = store;
    }

    /// <summary>Whether the caller's patterns name this entry; that needs no telling.</summary>
    public bool IsExcluded(TreePath path, EntryType type) =>
        !_patterns.IsEmpty && _patterns.IsMatch(path, type == EntryType.Directory);

    /// <summary>Why an entry is left out by itself, or <see langword="null"/>.</summary>
    public string? ReasonToSkip(EntryName name, in FileStatus status)
    {
        switch (status.Type)
        {
            case EntryType.Socket: return "a socket holds no data";
            case EntryType.Pipe: return "a named pipe holds no data";
            case EntryType.Device: return "a device holds no data of its own";
            case EntryType.Unknown: return "it is of a kind that cannot be kept";
        }

        if (status.Type == EntryType.Directory && _store is { } store && store == status.Identity)
        {
            return "it is the store itself";
        }

        if (name.Bytes.IndexOf(".pre-restore-"u8) >= 0 && SafetyCopyName().IsMatch(name.Text))
        {
            return "it is a safety copy of an earlier restore";
        }

        return null;
    }

    /// <summary>Whether a directory is marked as a cache and caches are left out.</summary>
    public bool IsCache(DirectoryHandle directory)
    {
        ReadOnlySpan<byte> signature = "Signature: 8a477f597d28d172789f06886806bc55"u8;
        if (!_excludeCaches || !directory.TryGetStatus(s_cacheTag, out FileStatus status) || status.Type != EntryType.File)
        {
            return false;
        }

        try
        {
            using FileHandle tag = directory.OpenFile(s_cacheTag);
            byte[] head = new byte[signature.Length];
            return tag.ReadAt(head, 0) == head.Length && signature.SequenceEqual(head);
        }
        catch (FileSystemException)
        {
            // Unreadable: then the copy of it will tell.
            return false;
        }
    }

    [GeneratedRegex(@"\.pre-restore-\d{4}-\d\d-\d\dT\d{6}Z", RegexOptions.CultureInvariant)]
    private static partial Regex SafetyCopyName();
}
