using System.Globalization;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Restore;

/// <summary>A process that holds a file open.</summary>
/// <param name="Process">Its name and number, or what is known of it.</param>
/// <param name="Path">The file.</param>
/// <param name="IsThisProcess">Whether it is this very process, through other code in it.</param>
internal sealed record OpenFileHolder(string Process, string Path, bool IsThisProcess);

/// <summary>
/// Finds out who holds a database open, without opening it: on Linux from the table of open files of every process, as
/// far as this user may read it; on Windows by asking for the file alone. Other systems do not tell.
/// </summary>
internal static class OpenFileHolders
{
    /// <summary>Looks for a holder of a database file or of one of its sidecars.</summary>
    public static OpenFileHolder? OfDatabase(DirectoryHandle parent, EntryName name)
    {
        Dictionary<FileIdentity, string> files = [];
        foreach (EntryName file in new[] { name }.Concat(DatabaseFile.SidecarSuffixes.Select(suffix => DatabaseFile.Sidecar(name, suffix))))
        {
            if (parent.TryGetStatus(file, out FileStatus status) && status.Type == EntryType.File)
            {
                string path = Path.Join(parent.Path, file.Text);
                if (OperatingSystem.IsWindows())
                {
                    if (IsHeldOnWindows(path))
                    {
                        return new OpenFileHolder("another process", path, false);
                    }
                }
                else if (OpenDatabases.IsOpenElsewhereInThisProcess(status.Identity))
                {
                    return new OpenFileHolder("this process", path, true);
                }

                files[status.Identity] = path;
            }
        }

        return files.Count == 0 ? null : OpenFilesOfOthers()
            .Where(open => files.ContainsKey(open.Identity))
            .Select(open => new OpenFileHolder(open.Process, files[open.Identity], false))
            .FirstOrDefault();
    }

    /// <summary>Looks for a holder of any database, or sidecar, below a directory.</summary>
    public static OpenFileHolder? BelowDirectory(DirectoryHandle tree)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // What this process has open itself must not be opened and closed again, and was found among its own files.
        // The paths that the system tells are those within the holder's own view of the file system, so a file opened
        // from a container may go by another one. Then identities decide, and only then the tree has to be walked.
        byte[] prefix = Encoding.UTF8.GetBytes(tree.Path + "/");
        Dictionary<FileIdentity, OpenFileHolder> candidates = [];
        ulong device = tree.GetStatus().Identity.Device;
        HashSet<FileIdentity> own = OpenDatabases.IdentitiesOpenInThisProcess();
        foreach (OpenFile open in OpenFilesOf("/proc/self", Environment.ProcessId).Concat(OpenFilesOfOthers()))
        {
            // What lies elsewhere by its path and its file system is not looked into: that is most of what a machine has
            // open. Of this process other code's files count; those that this library reads as a source are told apart by
            // how it opens them.
            bool isBelow = open.Path.AsSpan().StartsWith(prefix);
            if ((!isBelow && open.Identity.Device != device)
                || open.IsOwn != own.Contains(open.Identity)
                || !IsPartOfDatabase(open)
                || (open.IsOwn && !OpenDatabases.IsOpenElsewhereInThisProcess(open.Identity)))
            {
                continue;
            }

            OpenFileHolder holder = new(open.Process, Encoding.UTF8.GetString(open.Path), open.IsOwn);
            if (isBelow)
            {
                return holder;
            }

            candidates.TryAdd(open.Identity, holder);
        }

        return candidates.Count == 0 ? null : FindBelow(tree, candidates);
    }

    private static OpenFileHolder? FindBelow(DirectoryHandle directory, Dictionary<FileIdentity, OpenFileHolder> candidates)
    {
        foreach (DirectoryEntry entry in directory.ReadEntries())
        {
            if (!directory.TryGetStatus(entry.Name, out FileStatus status))
            {
                continue;
            }

            if (status.Type == EntryType.File && candidates.TryGetValue(status.Identity, out OpenFileHolder? holder))
            {
                return holder with { Path = Path.Join(directory.Path, entry.Name.Text) };
            }

            if (status.Type == EntryType.Directory)
            {
                using DirectoryHandle below = directory.OpenDirectory(entry.Name);
                if (FindBelow(below, candidates) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private static bool IsPartOfDatabase(OpenFile open)
    {
        ReadOnlySpan<byte> path = open.Path;
        if (path.EndsWith(" (deleted)"u8))
        {
            return false;
        }

        if (path.EndsWith("-wal"u8) || path.EndsWith("-shm"u8) || path.EndsWith("-journal"u8))
        {
            return true;
        }

        byte[] head = new byte[16];
        return open.ReadHead(head) && DatabaseFile.HasMagic(head);
    }

    private static IEnumerable<OpenFile> OpenFilesOfOthers()
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && id != Environment.ProcessId)
            {
                foreach (OpenFile open in OpenFilesOf(process, id))
                {
                    yield return open;
                }
            }
        }
    }

    private static IEnumerable<OpenFile> OpenFilesOf(string process, int id)
    {
        DirectoryHandle table;
        List<DirectoryEntry> descriptors;
        try
        {
            table = DirectoryHandle.Open(process + "/fd");
        }
        catch (FileSystemException)
        {
            // It ended, or is not ours to look into.
            yield break;
        }

        using (table)
        {
            try
            {
                descriptors = table.ReadEntries();
            }
            catch (FileSystemException)
            {
                yield break;
            }

            foreach (DirectoryEntry descriptor in descriptors)
            {
                if (Look(table, descriptor.Name, process, id) is { } open)
                {
                    yield return open;
                }
            }
        }
    }

    private static unsafe OpenFile? Look(DirectoryHandle table, EntryName descriptor, string process, int id)
    {
        try
        {
            byte[] path = table.ReadLink(descriptor);
            if (path.Length == 0 || path[0] != (byte)'/')
            {
                return null;
            }

            string magicLink = $"{process}/fd/{descriptor.Text}";
            fixed (byte* name = EntryName.FromText(magicLink).Terminated)
            {
                return PosixStatus.TryGet(Posix.CurrentDirectory, name, true, out FileStatus status) && status.Type == EntryType.File
                    ? new OpenFile(status.Identity, path, process, id, magicLink)
                    : null;
            }
        }
        catch (FileSystemException)
        {
            // Closed meanwhile.
            return null;
        }
    }

    private static bool IsHeldOnWindows(string path)
    {
        try
        {
            using FileStream alone = new(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (IOException e) when ((e.HResult & 0xffff) is 32 or 33)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whatever else is wrong will show when the file is moved.
            return false;
        }
    }

    private sealed record OpenFile(FileIdentity Identity, byte[] Path, string Directory, int ProcessId, string MagicLink)
    {
        public bool IsOwn => ProcessId == Environment.ProcessId;

        public string Process
        {
            get
            {
                try
                {
                    string name = File.ReadAllText(Directory + "/comm").TrimEnd('\n');
                    return string.Create(CultureInfo.InvariantCulture, $"{name} (process {ProcessId})");
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"process {ProcessId}");
                }
            }
        }

        /// <summary>Reads the file's beginning: a file of this process through the descriptor itself, never opening or closing one.</summary>
        public unsafe bool ReadHead(Span<byte> head)
        {
            fixed (byte* buffer = head)
            {
                if (IsOwn)
                {
                    int descriptor = int.Parse(System.IO.Path.GetFileName(MagicLink), CultureInfo.InvariantCulture);
                    return Posix.ReadAt(descriptor, buffer, head.Length, 0) == head.Length;
                }

                fixed (byte* name = EntryName.FromText(MagicLink).Terminated)
                {
                    int descriptor = Posix.OpenAt(
                        Posix.CurrentDirectory, name, Posix.ReadOnly | Posix.NonBlocking | Posix.NoAccessTime, 0);
                    if (descriptor < 0)
                    {
                        return false;
                    }

                    bool isRead = Posix.ReadAt(descriptor, buffer, head.Length, 0) == head.Length;
                    OpenDatabases.Close(descriptor);
                    return isRead;
                }
            }
        }
    }
}
