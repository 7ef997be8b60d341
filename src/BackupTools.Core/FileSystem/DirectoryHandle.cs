namespace BackupTools.Core.FileSystem;

/// <summary>How a rename treats what stands at the new name.</summary>
internal enum RenameMode
{
    /// <summary>What stands there is replaced, in one step.</summary>
    Replace,

    /// <summary>Nothing may stand there.</summary>
    NoReplace,

    /// <summary>The two names are exchanged in one step.</summary>
    Exchange,
}

/// <summary>A name that a directory holds, with its kind where the file system tells it.</summary>
internal sealed record DirectoryEntry(EntryName Name, EntryType Type);

/// <summary>
/// An open directory. All work on a tree goes through handles of directories and single names, so that nothing that
/// happens to the path above meanwhile, and no symbolic link in it, leads elsewhere.
/// Counted: each holder calls <see cref="Dispose"/> once, and <see cref="Retain"/> makes one more holder.
/// </summary>
internal abstract class DirectoryHandle : IDisposable
{
    private int _holders = 1;

    protected DirectoryHandle(string path) => Path = path;

    /// <summary>The path for messages; never used to reach anything where a handle can be.</summary>
    public string Path { get; }

    /// <summary>Opens a directory by path; links in the path, its last part included, are followed.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The open directory.</returns>
    /// <exception cref="FileSystemException">It cannot be opened.</exception>
    public static DirectoryHandle Open(string path) =>
        OperatingSystem.IsWindows() ? new WindowsDirectoryHandle(path) : UnixDirectoryHandle.OpenPath(path);

    public DirectoryHandle Retain()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Close();
        }
    }

    /// <summary>Opens a directory in this one; a symbolic link is refused.</summary>
    public abstract DirectoryHandle OpenDirectory(EntryName name);

    /// <summary>All names but <c>.</c> and <c>..</c>, in the file system's order.</summary>
    public abstract List<DirectoryEntry> ReadEntries();

    /// <summary>This directory's own status.</summary>
    public abstract FileStatus GetStatus();

    /// <summary>The status of a name, links not followed.</summary>
    /// <returns><see langword="false"/> where there is no such name.</returns>
    public abstract bool TryGetStatus(EntryName name, out FileStatus status);

    /// <summary>Opens a file of the source: a link is refused, nothing is waited for, no access time is changed.</summary>
    public abstract FileHandle OpenFile(EntryName name);

    /// <summary>Creates a file that must not exist yet, for writing and reading.</summary>
    public abstract FileHandle CreateFile(EntryName name, int mode);

    public abstract void CreateDirectory(EntryName name, int mode);

    public abstract byte[] ReadLink(EntryName name);

    public abstract void CreateSymlink(EntryName name, ReadOnlySpan<byte> target);

    /// <summary>Gives a file that stands in <paramref name="from"/> one more name in this directory.</summary>
    public abstract void CreateHardLink(DirectoryHandle from, EntryName existing, EntryName name);

    public abstract void Rename(EntryName name, DirectoryHandle to, EntryName newName, RenameMode mode);

    public abstract void DeleteFile(EntryName name);

    /// <summary>Removes an empty directory.</summary>
    public abstract void DeleteDirectory(EntryName name);

    /// <summary>Sets the owner of a name, links not followed.</summary>
    public abstract void SetOwner(EntryName name, uint uid, uint gid);

    /// <summary>Sets the modification time of a name, links not followed.</summary>
    public abstract void SetModified(EntryName name, Timestamp modified);

    public abstract void SetMode(int mode);

    public abstract List<KeyValuePair<string, byte[]>> GetAttributes();

    /// <summary>The extended attributes of a symbolic link itself.</summary>
    public abstract List<KeyValuePair<string, byte[]>> GetLinkAttributes(EntryName name);

    public abstract void SetAttribute(string name, ReadOnlySpan<byte> value);

    /// <summary>Sets an extended attribute of a symbolic link itself.</summary>
    public abstract void SetLinkAttribute(EntryName link, string name, ReadOnlySpan<byte> value);

    /// <summary>Makes the names in this directory durable.</summary>
    public abstract void Sync();

    /// <summary>
    /// Makes everything on this directory's file system durable with one call, where the system has one that reports
    /// errors (Linux: <c>syncfs</c>, which does since 5.8).
    /// </summary>
    /// <returns>Whether it did; otherwise each file needs a sync of its own.</returns>
    public abstract bool TrySyncFileSystem();

    /// <summary>Opens a chain of directories below this one, none of them a link.</summary>
    public DirectoryHandle OpenPath(TreePath path)
    {
        DirectoryHandle current = Retain();
        foreach (EntryName component in path.Components())
        {
            try
            {
                DirectoryHandle next = current.OpenDirectory(component);
                current.Dispose();
                current = next;
            }
            catch
            {
                current.Dispose();
                throw;
            }
        }

        return current;
    }

    /// <summary>Removes a name and all below it; links are removed, not followed. A missing name is no error.</summary>
    public void DeleteTree(EntryName name)
    {
        if (!TryGetStatus(name, out FileStatus status))
        {
            return;
        }

        if (status.Type != EntryType.Directory)
        {
            DeleteFile(name);
            return;
        }

        using (DirectoryHandle directory = OpenDirectory(name))
        {
            foreach (DirectoryEntry entry in directory.ReadEntries())
            {
                if (entry.Type is EntryType.Directory or EntryType.Unknown)
                {
                    directory.DeleteTree(entry.Name);
                }
                else
                {
                    directory.DeleteFile(entry.Name);
                }
            }
        }

        DeleteDirectory(name);
    }

    protected abstract void Close();

    protected string PathOf(EntryName name) => System.IO.Path.Join(Path, name.Text);
}
