using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace BackupTools.Core.Sources.Directories;

/// <summary>Names of users and groups by number, each asked for once.</summary>
internal sealed unsafe partial class OwnerNames
{
    private readonly ConcurrentDictionary<uint, string?> _users = new();
    private readonly ConcurrentDictionary<uint, string?> _groups = new();

    /// <summary>The user's name, or <see langword="null"/> where the system knows none.</summary>
    public string? User(uint uid) => _users.GetOrAdd(uid, static id => Ask(id, &GetUser));

    /// <summary>The group's name, or <see langword="null"/> where the system knows none.</summary>
    public string? Group(uint gid) => _groups.GetOrAdd(gid, static id => Ask(id, &GetGroup));

    private static string? Ask(uint id, delegate*<uint, byte*, byte*, nint, byte**, int> call)
    {
        const int outOfRange = 34;
        const int mostBytes = 1024 * 1024;
        byte* record = stackalloc byte[128];
        for (int size = 4096; size <= mostBytes; size *= 4)
        {
            byte[] buffer = new byte[size];
            byte* found = null;
            fixed (byte* strings = buffer)
            {
                int result = call(id, record, strings, size, &found);
                if (result == 0)
                {
                    // The name is the first field of both struct passwd and struct group.
                    return found is null ? null : Marshal.PtrToStringUTF8(*(nint*)record);
                }

                if (result != outOfRange)
                {
                    return null;
                }
            }
        }

        return null;
    }

    private static int GetUser(uint id, byte* record, byte* buffer, nint size, byte** result) =>
        OperatingSystem.IsWindows() ? 1 : GetUserNative(id, record, buffer, size, result);

    private static int GetGroup(uint id, byte* record, byte* buffer, nint size, byte** result) =>
        OperatingSystem.IsWindows() ? 1 : GetGroupNative(id, record, buffer, size, result);

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    private static partial int GetUserNative(uint id, byte* record, byte* buffer, nint size, byte** result);

    [LibraryImport("libc", EntryPoint = "getgrgid_r")]
    private static partial int GetGroupNative(uint id, byte* record, byte* buffer, nint size, byte** result);
}
