using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>What kind of file system something lies on, where that decides how durability is had.</summary>
internal static unsafe partial class FileSystemKind
{
    // The numbers are from linux/magic.h; ext2, ext3 and ext4 share one.
    private const uint Ext4 = 0xef53;
    private const uint Xfs = 0x58465342;
    private const uint Btrfs = 0x9123683e;
    private const uint F2fs = 0xf2f52010;
    private const uint Tmpfs = 0x01021994;

    /// <summary>
    /// Whether <c>syncfs</c> on this file system waits for the data and reports write-back errors: local disk file
    /// systems since Linux 5.8 (https://man7.org/linux/man-pages/man2/syncfs.2.html), and tmpfs, which has no disk.
    /// Network and FUSE file systems are left to <c>fsync</c>.
    /// </summary>
    public static bool ReportsSyncErrors(int descriptor)
    {
        return OperatingSystem.IsLinux()
            && Environment.OSVersion.Version >= new Version(5, 8)
            && GetType(descriptor) is Ext4 or Xfs or Btrfs or F2fs or Tmpfs;
    }

    /// <summary>
    /// Whether files on this file system take direct writes and preallocation without losing anything by it: those of
    /// btrfs and ZFS, for instance, would lose compression, and tmpfs has no disk to write to.
    /// </summary>
    public static bool WritesDirectly(int descriptor) =>
        OperatingSystem.IsLinux() && GetType(descriptor) is Ext4 or Xfs;

    private static uint GetType(int descriptor)
    {
        // f_type is the first field of struct statfs, a word.
        byte* buffer = stackalloc byte[256];
        return StatFileSystem(descriptor, buffer) == 0 ? (uint)*(nint*)buffer : 0;
    }

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int StatFileSystem(int descriptor, byte* buffer);
}
