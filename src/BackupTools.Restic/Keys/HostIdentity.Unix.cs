using System.Net;
using System.Runtime.InteropServices;

namespace BackupTools.Restic.Keys;

/// <summary>Who we are, as repositories note it in keys, locks and snapshots.</summary>
public static partial class HostIdentity
{
    /// <summary>
    /// The machine's name, with its domain where the system's own name has one: <see cref="Environment.MachineName"/> cuts
    /// that off, and restic would not recognise the machine.
    /// </summary>
    public static string HostName { get; } = Dns.GetHostName();

    /// <summary>The user's name.</summary>
    public static string UserName { get; } = Environment.UserName;

    /// <summary>The user's number; 0 on Windows.</summary>
    public static uint UserId { get; } = OperatingSystem.IsWindows() ? 0 : GetUserId();

    /// <summary>The number of the user's group; 0 on Windows.</summary>
    public static uint GroupId { get; } = OperatingSystem.IsWindows() ? 0 : GetGroupId();

    [LibraryImport("libc", EntryPoint = "getuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetUserId();

    [LibraryImport("libc", EntryPoint = "getgid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetGroupId();
}
