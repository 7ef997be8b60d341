using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>
/// Makes links of both kinds in a stage. Where the file system has none, what was a hard link becomes a file of its own and
/// a symbolic link is left out, and both are told. Used by one thread.
/// </summary>
internal sealed class LinkStager(EntryMetadataWriter metadata, FileStager files)
{
    private const int TooManyLinks = 31;

    private readonly Missing _symbolic = new();
    private readonly Missing _hard = new();

    /// <summary>How many symbolic links were left out.</summary>
    public long NotMade => _symbolic.Entries;

    /// <summary>Makes a symbolic link.</summary>
    /// <returns>Whether the file system has such links.</returns>
    public bool TryStage(ListingEntry entry, DirectoryHandle directory)
    {
        EntryName name = entry.Path.Name;
        bool hasLinks = TryLink(directory, name, () => directory.CreateSymlink(name, entry.Target), e => _symbolic.Count(entry, e));
        if (hasLinks)
        {
            metadata.ApplyToLink(directory, entry);
        }

        return hasLinks;
    }

    /// <summary>Gives a staged file one more name.</summary>
    public void StageName(ListingEntry entry, DirectoryHandle directory, DirectoryHandle from, EntryName first)
    {
        EntryName name = entry.Path.Name;
        if (!TryLink(directory, name, () => directory.CreateHardLink(from, first, name), e => _hard.Count(entry, e)))
        {
            files.CopyStaged(from, first, directory, entry);
        }
    }

    /// <summary>Tells what could not be kept.</summary>
    public void Report(ProgressTracker tracker)
    {
        if (_symbolic.Entries > 0)
        {
            tracker.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"Not restored: {_symbolic.Entries} symbolic {(_symbolic.Entries == 1 ? "link" : "links")}, the first being '{_symbolic.First}': the file system of the target has none ({_symbolic.Reason})."));
        }

        if (_hard.Entries > 0)
        {
            tracker.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"Restored as {(_hard.Entries == 1 ? "a file of its own" : "files of their own")}, not as hard links: {_hard.Entries}, the first being '{_hard.First}' ({_hard.Reason})."));
        }
    }

    private static bool TryLink(DirectoryHandle directory, EntryName name, Action link, Action<FileSystemException> missing)
    {
        bool isMade = true;
        NameRefusal.Make(directory, name, () =>
        {
            try
            {
                link();
            }
            catch (FileSystemException e) when (IsMissingAbility(e) || e.Code == TooManyLinks)
            {
                isMade = false;
                missing(e);
            }
        });
        return isMade;
    }

    // File systems without links say EPERM, or that they have no such call.
    private static bool IsMissingAbility(FileSystemException e) =>
        e.Code == PosixErrors.NotPermitted || (e.Error == FileSystemError.NotSupported && e.Code != PosixErrors.InvalidArgument);

    private sealed class Missing
    {
        public long Entries { get; private set; }

        public string? First { get; private set; }

        public string? Reason { get; private set; }

        public void Count(ListingEntry entry, FileSystemException e)
        {
            Entries++;
            First ??= entry.Path.Text;
            Reason ??= e.Reason;
        }
    }
}
