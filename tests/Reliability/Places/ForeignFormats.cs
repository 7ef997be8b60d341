namespace BackupTools.Reliability.Places;

/// <summary>File systems that lack something of what those of Linux have, and how they can be had.</summary>
internal static class ForeignFormats
{
    private static readonly byte[][] s_refusedByWindows = ["a:b"u8.ToArray(), "what?"u8.ToArray(), "a\nb"u8.ToArray(), "a\\b"u8.ToArray(), [0xff, 0xfe]];

    public static IReadOnlyList<ImageFormat> All { get; } =
    [
        new("exFAT", ["mkfs.exfat", "mount.exfat-fuse", "losetup"], "mkfs.exfat \"$IMAGE\"", "mount.exfat-fuse \"$DEVICE\" \"$MOUNTED\"")
        {
            NeedsDevice = true,
            IgnoresCase = true,
            HasModes = false,
            HasLinks = false,
            Refused = s_refusedByWindows,
        },
        new(
            "NTFS, names as Windows takes them",
            ["mkfs.ntfs", "ntfs-3g"],
            "mkfs.ntfs -q -Q -F \"$IMAGE\"",
            "ntfs-3g -o windows_names,permissions \"$IMAGE\" \"$MOUNTED\"")
        {
            Refused = [.. s_refusedByWindows, "con"u8.ToArray(), "ends with a dot."u8.ToArray()],
        },
        new(
            "NTFS, names in lower case",
            ["mkfs.ntfs", "lowntfs-3g"],
            "mkfs.ntfs -q -Q -F \"$IMAGE\"",
            "lowntfs-3g -o ignore_case,streams_interface=none \"$IMAGE\" \"$MOUNTED\"")
        {
            IgnoresCase = true,
            KeepsNames = false,
            HasModes = false,
            Refused = [[0xff, 0xfe]],
        },
        new(
            "ext4, case ignored",
            ["mkfs.ext4", "chattr"],
            "mkfs.ext4 -q -O casefold \"$IMAGE\"",
            "mount -o loop \"$IMAGE\" \"$MOUNTED\" && { chattr +F \"$MOUNTED\" || { umount \"$MOUNTED\"; false; }; }")
        {
            IgnoresCase = true,
        },
    ];
}
