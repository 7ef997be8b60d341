using System.Runtime.InteropServices;
using System.Text;

namespace BackupTools.Core.FileSystem;

/// <summary>A directory on Unix: a descriptor, and the <c>…at</c> calls relative to it.</summary>
internal sealed unsafe class UnixDirectoryHandle : DirectoryHandle
{
    // EINVAL and its like from renameat2 where the file system does not know the flag (NFS, some FUSE).
    private const uint LinuxNoReplace = 1;
    private const uint LinuxExchange = 2;
    private const uint MacSwap = 2;
    private const uint MacExclusive = 4;

    private readonly int _descriptor;

    private UnixDirectoryHandle(int descriptor, string path)
        : base(path) => _descriptor = descriptor;

    public int Descriptor => _descriptor;

    public static UnixDirectoryHandle OpenPath(string path) =>
        OpenAt(Posix.CurrentDirectory, EntryName.FromText(path), path, Posix.Directory | Posix.ReadOnly);

    public override DirectoryHandle OpenDirectory(EntryName name) =>
        OpenAt(_descriptor, name, PathOf(name), Posix.Directory | Posix.NoFollow | Posix.ReadOnly);

    public override List<DirectoryEntry> ReadEntries() => DirectoryStream.Read(_descriptor, Path);

    public override FileStatus GetStatus()
    {
        if (!PosixStatus.TryGet(_descriptor, out FileStatus status))
        {
            PosixErrors.Throw("looking at", Path);
        }

        return status;
    }

    public override bool TryGetStatus(EntryName name, out FileStatus status)
    {
        fixed (byte* pointer = name.Terminated)
        {
            if (PosixStatus.TryGet(_descriptor, pointer, false, out status))
            {
                return true;
            }
        }

        // Of a name that is too long there is no file: a database's sidecar, where the database's own is as long as can be.
        int error = Marshal.GetLastPInvokeError();
        if (error != PosixErrors.NotFound && error != PosixErrors.NameTooLong)
        {
            PosixErrors.Throw("looking at", PathOf(name));
        }

        return false;
    }

    public override FileHandle OpenFile(EntryName name)
    {
        int flags = Posix.ReadOnly | Posix.NoFollow | Posix.NonBlocking;
        fixed (byte* pointer = name.Terminated)
        {
            int descriptor = Posix.OpenAt(_descriptor, pointer, flags | Posix.NoAccessTime, 0);
            if (descriptor < 0 && Marshal.GetLastPInvokeError() == PosixErrors.NotPermitted)
            {
                // Only the owner may read without touching the access time.
                descriptor = Posix.OpenAt(_descriptor, pointer, flags, 0);
            }

            if (descriptor < 0)
            {
                PosixErrors.Throw("opening", PathOf(name));
            }

            return new UnixFileHandle(descriptor, PathOf(name), isSource: true);
        }
    }

    public override FileHandle CreateFile(EntryName name, int mode)
    {
        fixed (byte* pointer = name.Terminated)
        {
            int descriptor = Posix.OpenAt(
                _descriptor, pointer, Posix.ReadWrite | Posix.Create | Posix.Exclusive | Posix.NoFollow, mode);
            if (descriptor < 0)
            {
                PosixErrors.Throw("creating", PathOf(name));
            }

            return new UnixFileHandle(descriptor, PathOf(name), isSource: false);
        }
    }

    public override void CreateDirectory(EntryName name, int mode)
    {
        fixed (byte* pointer = name.Terminated)
        {
            Check(Posix.MakeDirectoryAt(_descriptor, pointer, (uint)mode), "creating", name);
        }
    }

    public override byte[] ReadLink(EntryName name)
    {
        byte[] buffer = new byte[256];
        while (true)
        {
            fixed (byte* pointer = name.Terminated)
            fixed (byte* target = buffer)
            {
                nint length = Posix.ReadLinkAt(_descriptor, pointer, target, buffer.Length);
                if (length < 0)
                {
                    PosixErrors.Throw("reading the link", PathOf(name));
                }

                if (length < buffer.Length)
                {
                    return buffer[..(int)length];
                }
            }

            buffer = new byte[buffer.Length * 4];
        }
    }

    public override void CreateSymlink(EntryName name, ReadOnlySpan<byte> target)
    {
        fixed (byte* pointer = name.Terminated)
        fixed (byte* targetPointer = EntryName.FromBytes(target).Terminated)
        {
            Check(Posix.SymlinkAt(targetPointer, _descriptor, pointer), "creating the link", name);
        }
    }

    public override void CreateHardLink(DirectoryHandle from, EntryName existing, EntryName name)
    {
        fixed (byte* existingPointer = existing.Terminated)
        fixed (byte* pointer = name.Terminated)
        {
            int result = Posix.LinkAt(((UnixDirectoryHandle)from)._descriptor, existingPointer, _descriptor, pointer, 0);
            Check(result, "linking", name);
        }
    }

    public override void Rename(EntryName name, DirectoryHandle to, EntryName newName, RenameMode mode)
    {
        int target = ((UnixDirectoryHandle)to)._descriptor;
        fixed (byte* pointer = name.Terminated)
        fixed (byte* newPointer = newName.Terminated)
        {
            int result = mode switch
            {
                RenameMode.Replace => Posix.RenameAt(_descriptor, pointer, target, newPointer),
                _ when Posix.IsMac => Posix.RenameAtMac(
                    _descriptor, pointer, target, newPointer, mode == RenameMode.Exchange ? MacSwap : MacExclusive),
                _ => Posix.RenameAtLinux(
                    _descriptor, pointer, target, newPointer, mode == RenameMode.Exchange ? LinuxExchange : LinuxNoReplace),
            };
            Check(result, "renaming", name);
        }
    }

    public override void DeleteFile(EntryName name)
    {
        fixed (byte* pointer = name.Terminated)
        {
            Check(Posix.UnlinkAt(_descriptor, pointer, 0), "removing", name);
        }
    }

    public override void DeleteDirectory(EntryName name)
    {
        fixed (byte* pointer = name.Terminated)
        {
            Check(Posix.UnlinkAt(_descriptor, pointer, Posix.RemoveDirectory), "removing", name);
        }
    }

    public override void SetOwner(EntryName name, uint uid, uint gid)
    {
        fixed (byte* pointer = name.Terminated)
        {
            Check(Posix.ChangeOwnerAt(_descriptor, pointer, uid, gid, Posix.SymlinkNoFollow), "changing the owner of", name);
        }
    }

    public override void SetModified(EntryName name, Timestamp modified)
    {
        Posix.TimeSpec* times = stackalloc Posix.TimeSpec[2];
        UnixFileHandle.FillTimes(times, modified);
        fixed (byte* pointer = name.Terminated)
        {
            Check(Posix.SetTimesAt(_descriptor, pointer, times, Posix.SymlinkNoFollow), "setting the time of", name);
        }
    }

    public override void SetMode(int mode)
    {
        if (Posix.ChangeMode(_descriptor, (uint)mode) != 0)
        {
            PosixErrors.Throw("changing the mode of", Path);
        }
    }

    public override List<KeyValuePair<string, byte[]>> GetAttributes() =>
        ExtendedAttributes.Read(_descriptor, Path);

    public override List<KeyValuePair<string, byte[]>> GetLinkAttributes(EntryName name) =>
        ExtendedAttributes.ReadOfLink(PathThroughDescriptor(name), PathOf(name));

    public override void SetAttribute(string name, ReadOnlySpan<byte> value) =>
        ExtendedAttributes.Write(_descriptor, name, value, Path);

    public override void SetLinkAttribute(EntryName link, string name, ReadOnlySpan<byte> value) =>
        ExtendedAttributes.WriteOfLink(PathThroughDescriptor(link), name, value, PathOf(link));

    public override void Sync()
    {
        // Some file systems cannot sync a directory and say EINVAL: https://github.com/golang/go/issues/57747
        if (Posix.Sync(_descriptor) != 0 && Marshal.GetLastPInvokeError() != PosixErrors.InvalidArgument)
        {
            PosixErrors.Throw("syncing", Path);
        }
    }

    public override bool TrySyncFileSystem()
    {
        if (Posix.IsMac || !FileSystemKind.ReportsSyncErrors(_descriptor))
        {
            return false;
        }

        if (Posix.SyncFileSystem(_descriptor) != 0)
        {
            PosixErrors.Throw("syncing the file system of", Path);
        }

        return true;
    }

    protected override void Close() => _ = Posix.Close(_descriptor);

    private static UnixDirectoryHandle OpenAt(int directory, EntryName name, string path, int flags)
    {
        fixed (byte* pointer = name.Terminated)
        {
            int descriptor = Posix.OpenAt(directory, pointer, flags | Posix.NoAccessTime, 0);
            if (descriptor < 0 && Marshal.GetLastPInvokeError() == PosixErrors.NotPermitted)
            {
                descriptor = Posix.OpenAt(directory, pointer, flags, 0);
            }

            if (descriptor < 0)
            {
                PosixErrors.Throw("opening", path);
            }

            return new UnixDirectoryHandle(descriptor, path);
        }
    }

    // There is no call for the attributes of a link relative to a directory; /dev/fd leads through the descriptor.
    private EntryName PathThroughDescriptor(EntryName name)
    {
        byte[] prefix = Encoding.ASCII.GetBytes($"/dev/fd/{_descriptor}/");
        return EntryName.FromBytes([.. prefix, .. name.Bytes]);
    }

    private void Check(int result, string operation, EntryName name)
    {
        if (result != 0)
        {
            PosixErrors.Throw(operation, PathOf(name));
        }
    }
}
