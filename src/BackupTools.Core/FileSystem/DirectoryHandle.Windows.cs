using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>
/// A directory on Windows: a path, checked at each step for reparse points. What Unix metadata has no counterpart here
/// (modes, owners as numbers, extended attributes) is not kept.
/// </summary>
internal sealed partial class WindowsDirectoryHandle : DirectoryHandle
{
    private readonly DirectoryInfo _directory;

    public WindowsDirectoryHandle(string path)
        : base(path)
    {
        _directory = new DirectoryInfo(path);
        if (!_directory.Exists)
        {
            bool isFile = File.Exists(path);
            throw new FileSystemException(
                isFile ? FileSystemError.NotADirectory : FileSystemError.NotFound,
                "opening",
                path,
                isFile ? "it is no directory" : "it does not exist");
        }
    }

    public override DirectoryHandle OpenDirectory(EntryName name)
    {
        if (!TryGetStatus(name, out FileStatus status))
        {
            throw new FileSystemException(FileSystemError.NotFound, "opening", PathOf(name), "it does not exist");
        }

        return status.Type == EntryType.Directory
            ? new WindowsDirectoryHandle(PathOf(name))
            : throw new FileSystemException(FileSystemError.NotADirectory, "opening", PathOf(name), "it is no directory");
    }

    public override List<DirectoryEntry> ReadEntries() => WindowsErrors.Translate("reading", Path, () =>
    {
        List<DirectoryEntry> entries = [];
        EnumerationOptions options = new() { AttributesToSkip = 0, IgnoreInaccessible = false };
        foreach (FileSystemInfo info in _directory.EnumerateFileSystemInfos("*", options))
        {
            entries.Add(new DirectoryEntry(EntryName.FromText(info.Name), TypeOf(info)));
        }

        return entries;
    });

    public override FileStatus GetStatus() => StatusOf(new DirectoryInfo(Path));

    public override bool TryGetStatus(EntryName name, out FileStatus status)
    {
        FileInfo info = new(PathOf(name));
        if ((int)info.Attributes == -1)
        {
            status = default;
            return false;
        }

        status = StatusOf(info.Attributes.HasFlag(FileAttributes.Directory) ? new DirectoryInfo(info.FullName) : info);
        return true;
    }

    public override FileHandle OpenFile(EntryName name) => WindowsErrors.Translate("opening", PathOf(name), () =>
    {
        FileStatus status = TryGetStatus(name, out FileStatus found) ? found : default;
        return status.Type == EntryType.File
            ? (FileHandle)new WindowsFileHandle(
                File.OpenHandle(
                    PathOf(name),
                    FileMode.Open,
                    FileAccess.Read,
                    FileShare.ReadWrite | FileShare.Delete,
                    FileOptions.SequentialScan),
                PathOf(name))
            : throw new FileSystemException(FileSystemError.NotFound, "opening", PathOf(name), "it is no file");
    });

    public override FileHandle CreateFile(EntryName name, int mode) =>
        WindowsErrors.Translate("creating", PathOf(name), () => (FileHandle)new WindowsFileHandle(
            File.OpenHandle(PathOf(name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete),
            PathOf(name)));

    public override void CreateDirectory(EntryName name, int mode) =>
        WindowsErrors.Translate("creating", PathOf(name), () =>
        {
            if (TryGetStatus(name, out _))
            {
                throw new FileSystemException(FileSystemError.Exists, "creating", PathOf(name), "it exists");
            }

            Directory.CreateDirectory(PathOf(name));
        });

    public override byte[] ReadLink(EntryName name) =>
        System.Text.Encoding.UTF8.GetBytes(new FileInfo(PathOf(name)).LinkTarget ?? string.Empty);

    public override void CreateSymlink(EntryName name, ReadOnlySpan<byte> target)
    {
        string text = System.Text.Encoding.UTF8.GetString(target);
        WindowsErrors.Translate("creating the link", PathOf(name), () => File.CreateSymbolicLink(PathOf(name), text));
    }

    public override void CreateHardLink(DirectoryHandle from, EntryName existing, EntryName name)
    {
        if (!CreateHardLinkW(PathOf(name), System.IO.Path.Join(from.Path, existing.Text), 0))
        {
            throw WindowsErrors.Last("linking", PathOf(name));
        }
    }

    public override void Rename(EntryName name, DirectoryHandle to, EntryName newName, RenameMode mode)
    {
        if (mode == RenameMode.Exchange)
        {
            throw new FileSystemException(
                FileSystemError.NotSupported, "renaming", PathOf(name), "this system cannot exchange two names");
        }

        const uint replaceExisting = 1;
        const uint writeThrough = 8;
        string target = System.IO.Path.Join(to.Path, newName.Text);
        if (!MoveFileExW(PathOf(name), target, writeThrough | (mode == RenameMode.Replace ? replaceExisting : 0)))
        {
            throw WindowsErrors.Last("renaming", PathOf(name));
        }
    }

    public override void DeleteFile(EntryName name) =>
        WindowsErrors.Translate("removing", PathOf(name), () =>
        {
            FileAttributes attributes = File.GetAttributes(PathOf(name));
            if (attributes.HasFlag(FileAttributes.ReadOnly))
            {
                File.SetAttributes(PathOf(name), attributes & ~FileAttributes.ReadOnly);
            }

            if (attributes.HasFlag(FileAttributes.Directory))
            {
                // A link to a directory.
                Directory.Delete(PathOf(name), recursive: false);
            }
            else
            {
                File.Delete(PathOf(name));
            }
        });

    public override void DeleteDirectory(EntryName name) =>
        WindowsErrors.Translate("removing", PathOf(name), () => Directory.Delete(PathOf(name), recursive: false));

    public override void SetOwner(EntryName name, uint uid, uint gid)
    {
    }

    public override void SetModified(EntryName name, Timestamp modified) =>
        WindowsErrors.Translate(
            "setting the time of", PathOf(name), () => File.SetLastWriteTimeUtc(PathOf(name), modified.ToDateTime()));

    public override void SetMode(int mode)
    {
    }

    public override List<KeyValuePair<string, byte[]>> GetAttributes() => [];

    public override List<KeyValuePair<string, byte[]>> GetLinkAttributes(EntryName name) => [];

    public override void SetAttribute(string name, ReadOnlySpan<byte> value)
    {
    }

    public override void SetLinkAttribute(EntryName link, string name, ReadOnlySpan<byte> value)
    {
    }

    // NTFS journals its directories, and renames here are written through.
    public override void Sync()
    {
    }

    public override bool TrySyncFileSystem() => false;

    protected override void Close()
    {
    }

    internal static FileStatus StatusOf(FileSystemInfo info) => new()
    {
        Type = TypeOf(info),
        Size = info is FileInfo file && TypeOf(info) == EntryType.File ? file.Length : 0,
        LinkCount = 1,
        Modified = Timestamp.FromDateTime(info.LastWriteTimeUtc),
        Attributes = info.Attributes,
    };

    private static EntryType TypeOf(FileSystemInfo info) =>
        info.LinkTarget is not null ? EntryType.Symlink
        : info.Attributes.HasFlag(FileAttributes.Directory)
            ? info.Attributes.HasFlag(FileAttributes.ReparsePoint) ? EntryType.Unknown : EntryType.Directory
        : EntryType.File;

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLinkW(string name, string existing, nint security);

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFileExW(string from, string to, uint flags);
}
