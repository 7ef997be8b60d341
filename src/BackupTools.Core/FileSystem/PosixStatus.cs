using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>What the C library tells of a file or directory: <c>statx</c> on Linux, <c>fstat</c> and <c>fstatat</c> on macOS.</summary>
internal static unsafe partial class PosixStatus
{
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(int directory, byte* name, int flags, uint mask, LinuxStatus* status);

    [LibraryImport(Library, EntryPoint = "fstatat", SetLastError = true)]
    private static partial int MacStatAt(int directory, byte* name, MacStatus* status, int flags);

    [LibraryImport(Library, EntryPoint = "fstatat$INODE64", SetLastError = true)]
    private static partial int MacStatAtIntel(int directory, byte* name, MacStatus* status, int flags);

    /// <summary>The status of a name (links not followed) or, with an empty name on Linux, of the descriptor itself.</summary>
    public static bool TryGet(int directory, byte* name, bool follow, out FileStatus status)
    {
        int flags = follow ? 0 : Posix.SymlinkNoFollow;
        if (!Posix.IsMac)
        {
            const int emptyPath = 0x1000;
            const uint basicStats = 0x7ff;
            LinuxStatus raw;
            if (StatX(directory, name, flags | (*name == 0 ? emptyPath : 0), basicStats, &raw) != 0)
            {
                status = default;
                return false;
            }

            status = raw.ToStatus();
            return true;
        }

        MacStatus mac;
        int result = Posix.IsArm ? MacStatAt(directory, name, &mac, flags) : MacStatAtIntel(directory, name, &mac, flags);
        status = result == 0 ? mac.ToStatus() : default;
        return result == 0;
    }

    [LibraryImport(Library, EntryPoint = "fstat", SetLastError = true)]
    private static partial int MacStat(int descriptor, MacStatus* status);

    [LibraryImport(Library, EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int MacStatIntel(int descriptor, MacStatus* status);

    public static bool TryGet(int descriptor, out FileStatus status)
    {
        byte empty = 0;
        if (!Posix.IsMac)
        {
            return TryGet(descriptor, &empty, true, out status);
        }

        MacStatus mac;
        int result = Posix.IsArm ? MacStat(descriptor, &mac) : MacStatIntel(descriptor, &mac);
        status = result == 0 ? mac.ToStatus() : default;
        return result == 0;
    }

    private static EntryType TypeOf(int mode) => (mode & 0xf000) switch
    {
        0x8000 => EntryType.File,
        0x4000 => EntryType.Directory,
        0xa000 => EntryType.Symlink,
        0xc000 => EntryType.Socket,
        0x1000 => EntryType.Pipe,
        0x2000 or 0x6000 => EntryType.Device,
        _ => EntryType.Unknown,
    };

    /// <summary><c>struct statx</c> of Linux, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct LinuxStatus
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public long Size;
        [FieldOffset(96)] public long ChangedSeconds;
        [FieldOffset(104)] public uint ChangedNanoseconds;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;

        public readonly FileStatus ToStatus() => new()
        {
            Type = TypeOf(Mode),
            Mode = Mode & 0xfff,
            Uid = Uid,
            Gid = Gid,
            Size = Size,
            LinkCount = Links,
            Identity = new FileIdentity(((ulong)DeviceMajor << 32) | DeviceMinor, Inode),
            Modified = new Timestamp(ModifiedSeconds, (int)ModifiedNanoseconds),
            Changed = new Timestamp(ChangedSeconds, (int)ChangedNanoseconds),
        };
    }

    /// <summary><c>struct stat</c> of macOS with 64-bit inodes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    private struct MacStatus
    {
        [FieldOffset(0)] public int Device;
        [FieldOffset(4)] public ushort Mode;
        [FieldOffset(6)] public ushort Links;
        [FieldOffset(8)] public ulong Inode;
        [FieldOffset(16)] public uint Uid;
        [FieldOffset(20)] public uint Gid;
        [FieldOffset(48)] public long ModifiedSeconds;
        [FieldOffset(56)] public long ModifiedNanoseconds;
        [FieldOffset(64)] public long ChangedSeconds;
        [FieldOffset(72)] public long ChangedNanoseconds;
        [FieldOffset(96)] public long Size;

        public readonly FileStatus ToStatus() => new()
        {
            Type = TypeOf(Mode),
            Mode = Mode & 0xfff,
            Uid = Uid,
            Gid = Gid,
            Size = Size,
            LinkCount = Links,
            Identity = new FileIdentity((ulong)Device, Inode),
            Modified = new Timestamp(ModifiedSeconds, (int)ModifiedNanoseconds),
            Changed = new Timestamp(ChangedSeconds, (int)ChangedNanoseconds),
        };
    }
}
