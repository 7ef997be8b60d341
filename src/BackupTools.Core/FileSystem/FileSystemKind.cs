using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>What kind of file system something lies on, where that decides how durability is had.</summary>
internal static unsafe partial class FileSystemKind
{
    /// <summary>
    /// Whether <c>syncfs</c> on this file system waits for the data and reports write-back errors: local disk file
    /// systems since Linux 5.8 (https://man7.org/linux/man-pages/man2/syncfs.2.html), and tmpfs, which has no disk.
    /// Network and FUSE file systems are left to <c>fsync</c>.
    /// </summary>
    public static bool ReportsSyncErrors(int descriptor)
    {
        if (!OperatingSystem.IsLinux() || Environment.OSVersion.Version < new Version(5, 8))
        {
            return false;
        }

        byte* buffer = stackalloc byte[256];
        if (StatFileSystem(descriptor, buffer) != 0)
        {
            return false;
        }

        // f_type is the first field of struct statfs, a word; the numbers are from linux/magic.h.
        return (uint)*(nint*)buffer switch
        {
            0xef53 => true, // ext2, ext3, ext4
            0x58465342 => true, // xfs
            0x9123683e => true, // btrfs
            0xf2f52010 => true, // f2fs
            0x01021994 => true, // tmpfs
            _ => false,
        };
    }

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int StatFileSystem(int descriptor, byte* buffer);
}
