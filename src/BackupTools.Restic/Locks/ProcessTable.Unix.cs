using System.Diagnostics;
using System.Runtime.InteropServices;

namespace BackupTools.Restic.Locks;

/// <summary>What the system tells of processes by their numbers.</summary>
internal static partial class ProcessTable
{
    private const int NoSuchProcess = 3;

    private static readonly string? s_namespace =
        OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget : null;

    /// <summary>The boot and the process namespace; null where the system does not tell them.</summary>
    public static string? Identity { get; } = GetIdentity();

    /// <summary>When the system was started, as its clock tells it now.</summary>
    public static DateTime BootTime => DateTime.UtcNow - TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Whether there is a process of that number in this namespace.</summary>
    public static bool IsRunning(int processId)
    {
        if (!OperatingSystem.IsWindows())
        {
            return (Signal(processId, 0) == 0 || Marshal.GetLastPInvokeError() != NoSuchProcess) && !IsZombie(processId);
        }

        try
        {
            using Process process = Process.GetProcessById(processId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string? GetIdentity()
    {
        try
        {
            return s_namespace is null ? null : File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() + s_namespace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Dead, but its parent has not asked how it ended.
    private static bool IsZombie(int processId)
    {
        const string state = "State:\tZ";
        return OperatingSystem.IsLinux()
            && ReadStatus($"/proc/{processId}").Any(line => line.StartsWith(state, StringComparison.Ordinal));
    }

    private static string[] ReadStatus(string process)
    {
        try
        {
            return File.ReadAllLines(process + "/status");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended just now.
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int processId, int signal);
}
