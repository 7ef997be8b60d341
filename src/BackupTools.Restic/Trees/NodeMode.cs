namespace BackupTools.Restic.Trees;

/// <summary>
/// A mode as trees keep it: permissions in the low nine bits as on Unix, everything else where Go puts it.
/// </summary>
public static class NodeMode
{
    private const uint Permissions = 0x1FF;
    private const uint UnixType = 0xF000;
    private const uint UnixSetUserId = 0x800;
    private const uint UnixSetGroupId = 0x400;
    private const uint UnixSticky = 0x200;
    private const uint SetUserId = 1u << 23;
    private const uint SetGroupId = 1u << 22;
    private const uint Sticky = 1u << 20;

    /// <summary>Translates what <c>stat</c> tells.</summary>
    /// <param name="mode">The system's <c>st_mode</c>.</param>
    public static uint FromUnix(uint mode)
    {
        uint type = (mode & UnixType) switch
        {
            0x4000 => 1u << 31, // directory
            0xA000 => 1u << 27, // symbolic link
            0x6000 => 1u << 26, // block device
            0x2000 => (1u << 26) | (1u << 21), // character device
            0x1000 => 1u << 25, // named pipe
            0xC000 => 1u << 24, // socket
            _ => 0,
        };
        return type | (mode & Permissions)
            | ((mode & UnixSetUserId) != 0 ? SetUserId : 0)
            | ((mode & UnixSetGroupId) != 0 ? SetGroupId : 0)
            | ((mode & UnixSticky) != 0 ? Sticky : 0);
    }

    /// <summary>Translates to the permissions and flags that <c>chmod</c> takes.</summary>
    /// <param name="mode">A node's mode.</param>
    public static uint ToUnixPermissions(uint mode) =>
        (mode & Permissions)
        | ((mode & SetUserId) != 0 ? UnixSetUserId : 0)
        | ((mode & SetGroupId) != 0 ? UnixSetGroupId : 0)
        | ((mode & Sticky) != 0 ? UnixSticky : 0);
}
