using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>
/// What the file system of a restore's target makes of what it is told, found out by a file that is made and removed
/// again: how new files come out, and whether modes, times and names are kept.
/// </summary>
/// <param name="User">Whose new files are.</param>
/// <param name="Group">Which group's they are.</param>
/// <param name="Mode">The mode of a new file that is to have all permissions.</param>
/// <param name="KeepsModes">Whether a mode can be set; exFAT and its like give all files the same.</param>
/// <param name="Warnings">What else is not kept of any entry.</param>
internal sealed record TargetTraits(uint User, uint Group, int Mode, bool KeepsModes, IReadOnlyList<string> Warnings)
{
    private const int PermissionBits = 0x1ff;
    private const int PrivateMode = 0x180;

    // A capital, so that it is seen where names are changed.
    private static readonly EntryName s_probe = EntryName.FromText(".Probe");
    private static readonly Timestamp s_time = new(1_580_608_922, 123_456_789);

    /// <summary>Windows', where none of it is set.</summary>
    public static TargetTraits OfWindows { get; } = new(0, 0, PermissionBits, KeepsModes: true, []);

    /// <summary>Of entries that stand already, each of which is looked at itself.</summary>
    public static TargetTraits OfStanding { get; } = new(uint.MaxValue, uint.MaxValue, PermissionBits, KeepsModes: true, []);

    /// <summary>Tries it out in a directory of ours.</summary>
    public static TargetTraits Probe(DirectoryHandle stage)
    {
        FileStatus status;
        bool keepsModes;
        List<string> warnings = [];
        using (FileHandle file = stage.CreateFile(s_probe, PermissionBits))
        {
            status = file.GetStatus();
            keepsModes = TrySet(() => file.SetMode(PrivateMode)) && (file.GetStatus().Mode & PermissionBits) == PrivateMode;
            if (!TrySet(() => file.SetModified(s_time)) || file.GetStatus().Modified != s_time)
            {
                warnings.Add("The file system of the target keeps times less exactly than the snapshot tells them.");
            }
        }

        if (stage.ReadEntries() is [{ } entry] && !entry.Name.Equals(s_probe))
        {
            warnings.Add($"The file system of the target changes names: '{s_probe.Text}' became '{entry.Name.Text}'. What was restored is called otherwise than in the snapshot.");
        }

        stage.DeleteFile(s_probe);
        return new TargetTraits(status.Uid, status.Gid, status.Mode & PermissionBits, keepsModes, warnings);
    }

    /// <summary>Sets a mode, a time or an owner, which not every file system can.</summary>
    /// <returns>Whether it could.</returns>
    private static bool TrySet(Action set)
    {
        try
        {
            set();
            return true;
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported)
        {
            return false;
        }
    }
}
