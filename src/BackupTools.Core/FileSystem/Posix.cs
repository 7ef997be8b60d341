using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>The C library's calls, as thin as they come. Linux is run; the macOS values are from its headers.</summary>
internal static unsafe partial class Posix
{
    private const string Library = "libc";

    public static readonly bool IsMac = OperatingSystem.IsMacOS();

    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public static readonly int Create = IsMac ? 0x200 : 0x40;
    public static readonly int Exclusive = IsMac ? 0x800 : 0x80;
    public static readonly int NonBlocking = IsMac ? 0x4 : 0x800;
    public static readonly int CloseOnExec = IsMac ? 0x1000000 : 0x80000;

    // O_DIRECTORY and O_NOFOLLOW differ between Linux on x64 and on ARM64.
    public static readonly int Directory = IsMac ? 0x100000 : IsArm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = IsMac ? 0x100 : IsArm ? 0x8000 : 0x20000;

    /// <summary>Reading leaves the access time as it is; Linux only, and only for the file's owner.</summary>
    public static readonly int NoAccessTime = IsMac ? 0 : 0x40000;

    public static readonly int CurrentDirectory = IsMac ? -2 : -100;
    public static readonly int SymlinkNoFollow = IsMac ? 0x20 : 0x100;
    public static readonly int RemoveDirectory = IsMac ? 0x80 : 0x200;

    /// <summary>Whether the processor is an ARM, where some numbers and calls are others.</summary>
    public static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    // On Apple's ARM64 the mode of openat, being variadic, is looked for on the stack behind eight registers; everywhere
    // else it is the fourth argument. Passing both serves all, and costs a few register moves.
    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(int directory, byte* name, int flags, nint mode, nint r4, nint r5, nint r6, nint r7, nint stacked);

    public static int OpenAt(int directory, byte* name, int flags, int mode) =>
        OpenAt(directory, name, flags | CloseOnExec, mode, 0, 0, 0, 0, mode);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(int descriptor, byte* buffer, nint count, long offset);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint WriteAt(int descriptor, byte* buffer, nint count, long offset);

    /// <summary>Allocates room in a file (Linux).</summary>
    [LibraryImport(Library, EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(int descriptor, int mode, long offset, long count);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(int descriptor);

    // On macOS fsync leaves the data in the drive's cache; F_FULLFSYNC does not. Not every file system there has it.
    public static int SyncDurably(int descriptor)
    {
        const int fullSync = 51;
        return IsMac && FileControl(descriptor, fullSync, null) == 0 ? 0 : Sync(descriptor);
    }

    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int origin);

    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFileSystem(int descriptor);

    /// <summary>Starts writing back what is dirty, without waiting (Linux).</summary>
    [LibraryImport(Library, EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncFileRange(int descriptor, long offset, long count, uint flags);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(int descriptor, long length);

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeDirectoryAt(int directory, byte* name, uint mode);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(int directory, byte* name, int flags);

    [LibraryImport(Library, EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(int fromDirectory, byte* from, int toDirectory, byte* to);

    [LibraryImport(Library, EntryPoint = "renameat2", SetLastError = true)]
    public static partial int RenameAtLinux(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);

    [LibraryImport(Library, EntryPoint = "renameatx_np", SetLastError = true)]
    public static partial int RenameAtMac(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    public static partial int LinkAt(int fromDirectory, byte* from, int toDirectory, byte* to, int flags);

    [LibraryImport(Library, EntryPoint = "symlinkat", SetLastError = true)]
    public static partial int SymlinkAt(byte* target, int directory, byte* name);

    [LibraryImport(Library, EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLinkAt(int directory, byte* name, byte* buffer, nint size);

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(int descriptor, uint mode);

    [LibraryImport(Library, EntryPoint = "fchownat", SetLastError = true)]
    public static partial int ChangeOwnerAt(int directory, byte* name, uint uid, uint gid, int flags);

    [LibraryImport(Library, EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChangeOwner(int descriptor, uint uid, uint gid);

    [LibraryImport(Library, EntryPoint = "futimens", SetLastError = true)]
    public static partial int SetTimes(int descriptor, TimeSpec* times);

    [LibraryImport(Library, EntryPoint = "utimensat", SetLastError = true)]
    public static partial int SetTimesAt(int directory, byte* name, TimeSpec* times, int flags);

    [LibraryImport(Library, EntryPoint = "fdopendir", SetLastError = true)]
    public static partial nint OpenDirectoryStream(int descriptor);

    [LibraryImport(Library, EntryPoint = "readdir", SetLastError = true)]
    public static partial byte* ReadDirectory(nint stream);

    [LibraryImport(Library, EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseDirectoryStream(nint stream);

    [LibraryImport(Library, EntryPoint = "dup", SetLastError = true)]
    public static partial int Duplicate(int descriptor);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    public static partial int FileLock(int descriptor, int operation);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FileControl(int descriptor, int command, byte* argument);

    /// <summary>Whether a descriptor was opened with O_NONBLOCK.</summary>
    public static bool IsNonBlocking(int descriptor)
    {
        const int getFlags = 3;
        int flags = FileControl(descriptor, getFlags, null);
        return flags >= 0 && (flags & NonBlocking) != 0;
    }

    /// <summary>Turns O_DIRECT on or off for an open descriptor (Linux).</summary>
    public static bool TrySetDirect(int descriptor, bool direct)
    {
        const int getFlags = 3;
        const int setFlags = 4;
        int flag = IsArm ? 0x10000 : 0x4000;
        int flags = FileControl(descriptor, getFlags, null);
        return flags >= 0 && FileControl(descriptor, setFlags, (byte*)(nint)(direct ? flags | flag : flags & ~flag)) == 0;
    }

    /// <summary>Takes O_NONBLOCK off a descriptor again; it has to do with opening alone.</summary>
    public static void SetBlocking(int descriptor)
    {
        const int getFlags = 3;
        const int setFlags = 4;
        int flags = FileControl(descriptor, getFlags, null);
        _ = FileControl(descriptor, setFlags, (byte*)(nint)(flags & ~NonBlocking));
    }

    [LibraryImport(Library, EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(int descriptor, byte* buffer, nint size);

    [LibraryImport(Library, EntryPoint = "fgetxattr", SetLastError = true)]
    public static partial nint GetAttribute(int descriptor, byte* name, byte* value, nint size);

    [LibraryImport(Library, EntryPoint = "fsetxattr", SetLastError = true)]
    public static partial int SetAttribute(int descriptor, byte* name, byte* value, nint size, int flags);

    [LibraryImport(Library, EntryPoint = "llistxattr", SetLastError = true)]
    public static partial nint ListAttributesOfPath(byte* path, byte* buffer, nint size);

    [LibraryImport(Library, EntryPoint = "lgetxattr", SetLastError = true)]
    public static partial nint GetAttributeOfPath(byte* path, byte* name, byte* value, nint size);

    [LibraryImport(Library, EntryPoint = "lsetxattr", SetLastError = true)]
    public static partial int SetAttributeOfPath(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();
}
