using System.Text.RegularExpressions;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores.Repositories;

namespace BackupTools.Core.Sources.Directories;

/// <summary>What a directory snapshot leaves out, by the caller's wish or by itself.</summary>
internal sealed partial class TreeExclusions
{
    // https://bford.info/cachedir/
    private static readonly EntryName s_cacheTag = EntryName.FromText("CACHEDIR.TAG");

    private readonly PathPatterns _patterns;
    private readonly bool _excludeCaches;
    private readonly string _store;
    private readonly FileIdentity? _storeIdentity;

    private TreeExclusions(PathPatterns patterns, bool excludeCaches, string store, FileIdentity? storeIdentity)
    {
        _patterns = patterns;
        _excludeCaches = excludeCaches;
        _store = store;
        _storeIdentity = storeIdentity;
    }

    /// <summary>Collects what to leave out.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="store">Full path of the store, which must not be backed up into itself.</param>
    public static TreeExclusions Create(NewSnapshotRequest request, string store)
    {
        PathPatterns patterns = PathPatterns.Parse(
            [.. request.ExcludeFrom.SelectMany(ReadPatterns), .. request.Exclude]);
        FileIdentity? identity = null;
        if (!OperatingSystem.IsWindows() && Directory.Exists(store))
        {
            using DirectoryHandle directory = DirectoryHandle.Open(store);
            identity = directory.GetStatus().Identity;
        }

        return new TreeExclusions(patterns, request.ExcludeCaches, store, identity);
    }

    /// <summary>Whether a directory is the store itself, under whatever name.</summary>
    public bool IsStore(string path, in FileStatus status) => _storeIdentity is { } identity
        ? identity == status.Identity
        : OperatingSystem.IsWindows() && string.Equals(path, _store, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the caller's patterns name this entry; that needs no telling.</summary>
    public bool IsExcluded(TreePath path, EntryType type) =>
        !_patterns.IsEmpty && _patterns.IsMatch(path, type == EntryType.Directory);

    /// <summary>Why an entry is left out by itself, or <see langword="null"/>.</summary>
    public string? ReasonToSkip(DirectoryHandle parent, EntryName name, in FileStatus status)
    {
        switch (status.Type)
        {
            case EntryType.Socket: return "a socket holds no data";
            case EntryType.Pipe: return "a named pipe holds no data";
            case EntryType.Device: return "a device holds no data of its own";
            case EntryType.Unknown: return "it is of a kind that cannot be kept";
        }

        if (status.Type == EntryType.Directory && IsStore(Path.Join(parent.Path, name.Text), status))
        {
            return "it is the store itself";
        }

        if (RestoreNames.IsWork(name))
        {
            return "it belongs to a restore that is at work or was interrupted";
        }

        if (name.Bytes.StartsWith(ScratchPlace.Prefix))
        {
            return "it holds database copies of a run that is at work or was interrupted";
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

    private static string[] ReadPatterns(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(
                ErrorId.InvalidArgument,
                $"The patterns in '{file}' cannot be read: {e.Message} No snapshot was made; check the path.",
                file,
                e);
        }
    }

    [GeneratedRegex(@"\.pre-restore-\d{4}-\d\d-\d\dT\d{6}Z", RegexOptions.CultureInvariant)]
    private static partial Regex SafetyCopyName();
}
