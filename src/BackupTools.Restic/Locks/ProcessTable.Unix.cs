using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace BackupTools.Restic.Locks;

/// <summary>What the system tells of processes by their numbers.</summary>
internal static partial class ProcessTable
{
    // The kernel's fixed number of the namespace that all others are below.
    private const string InitialNamespace = "pid:[4026531836]";
    private const int NoSuchProcess = 3;

    private static readonly string? s_namespace =
        OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget : null;

    /// <summary>The boot and the process namespace; null where the system does not tell them.</summary>
    public static string? Identity { get; } = GetIdentity();

    /// <summary>When the system was started, as its clock tells it now.</summary>
    public static DateTime BootTime =>
        GetLinuxBootTime() ?? DateTime.UtcNow - TimeSpan.FromMilliseconds(Environment.TickCount64);

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

    /// <summary>
    /// Whether no process of this machine has that number, in whichever namespace. Inside a container that cannot be known.
    /// </summary>
    public static bool HasNowhere(int processId)
    {
        if (IsRunning(processId))
        {
            return false;
        }

        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        // Where processes of others are hidden, the first one is.
        return s_namespace == InitialNamespace && File.Exists("/proc/1/status")
            && !Directory.EnumerateDirectories("/proc")
                .Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0]))
                .Any(path => GetNumbers(path).Contains(processId));
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

    private static DateTime? GetLinuxBootTime()
    {
        const string prefix = "btime ";
        return OperatingSystem.IsLinux()
            && File.ReadLines("/proc/stat").FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal)) is string line
            ? DateTime.UnixEpoch.AddSeconds(long.Parse(line.AsSpan(prefix.Length), CultureInfo.InvariantCulture))
            : null;
    }

    // Dead, but its parent has not asked how it ended.
    private static bool IsZombie(int processId)
    {
        const string state = "State:\tZ";
        return OperatingSystem.IsLinux()
            && ReadStatus($"/proc/{processId}").Any(line => line.StartsWith(state, StringComparison.Ordinal));
    }

    // A process in a container has a number in each namespace from the outermost to its own.
    private static IEnumerable<int> GetNumbers(string process)
    {
        const string prefix = "NSpid:";
        return ReadStatus(process)
            .Where(line => line.StartsWith(prefix, StringComparison.Ordinal))
            .SelectMany(line => line[prefix.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries))
            .Select(number => int.Parse(number, CultureInfo.InvariantCulture));
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
