using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>Paths with no symbolic link in them.</summary>
internal static unsafe partial class CanonicalPath
{
    /// <summary>Where a full path leads at this moment.</summary>
    /// <exception cref="FileSystemException">It leads nowhere.</exception>
    public static string Of(string fullPath)
    {
        if (OperatingSystem.IsWindows())
        {
            return File.ResolveLinkTarget(fullPath, returnFinalTarget: true)?.FullName ?? fullPath;
        }

        const int longestPath = 4096;
        byte* buffer = stackalloc byte[longestPath];
        fixed (byte* name = EntryName.FromText(fullPath).Terminated)
        {
            if (RealPath(name, buffer) is null)
            {
                PosixErrors.Throw("opening", fullPath);
            }
        }

        return Marshal.PtrToStringUTF8((nint)buffer)!;
    }

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true)]
    private static partial byte* RealPath(byte* path, byte* resolved);
}
