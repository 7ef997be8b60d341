using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupTools.Reliability.Places.PowerCuts;

/// <summary>
/// A file system whose files can be cloned, for the images of disks. A clone is atomic against writers, so it holds what a
/// disk held at one instant: https://man7.org/linux/man-pages/man2/FICLONE.2const.html
/// </summary>
internal sealed partial class ReflinkPlace : IDisposable
{
    private const uint CloneFile = 0x40049409;

    private readonly MountedImage _image;

    /// <summary>Makes one.</summary>
    /// <exception cref="Xunit.SkipException">It cannot be had here.</exception>
    public ReflinkPlace()
    {
        Skip.IfNot(Tool.Exists("losetup"), "It needs losetup.");
        _image = MountedImage.Create(Tool.Exists("mkfs.xfs") ? DiskFormats.Xfs.Large : DiskFormats.Btrfs.Large);
    }

    public string this[string name] => Path.Join(_image.Path, name);

    /// <summary>Makes a file that has another one's content and, until one of them is written, its blocks.</summary>
    public static void Clone(SafeFileHandle from, string to)
    {
        using SafeFileHandle target = File.OpenHandle(to, FileMode.CreateNew, FileAccess.Write);
        if (Control((int)target.DangerousGetHandle(), CloneFile, (int)from.DangerousGetHandle()) != 0)
        {
            throw new IOException($"'{to}' could not be cloned: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    public void Dispose() => _image.Dispose();

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, int argument);
}
