using System.Collections.Frozen;

namespace BackupTools.Reliability.Faults.Injection;

/// <summary>What a system call does to files, as far as a fault can strike it.</summary>
[Flags]
internal enum CallTraits
{
    None = 0,

    /// <summary>It changes a file, a name, or what of them is durable.</summary>
    Changes = 1,

    /// <summary>It may need room on the file system.</summary>
    Allocates = 2,

    /// <summary>It goes by a name, so permissions can refuse it and a read-only file system does.</summary>
    Names = 4,

    /// <summary>It makes a descriptor.</summary>
    Opens = 8,

    /// <summary>It makes something durable.</summary>
    Syncs = 16,

    /// <summary>It writes from a buffer of the process.</summary>
    Writes = 32,

    /// <summary>It removes a name.</summary>
    Removes = 64,

    /// <summary>It reads content or names.</summary>
    Reads = 128,
}

/// <summary>Where a system call says which file it means.</summary>
internal enum CallShape
{
    /// <summary>A descriptor first.</summary>
    Descriptor,

    /// <summary>A path first.</summary>
    Path,

    /// <summary>A directory's descriptor and a path below it.</summary>
    At,

    /// <summary>Two paths.</summary>
    TwoPaths,

    /// <summary>Two of descriptor and path.</summary>
    TwoAt,

    /// <summary>A text that is no path, a descriptor and a path.</summary>
    TextAt,

    /// <summary>A text that is no path, and a path.</summary>
    TextPath,

    /// <summary>Two descriptors with offsets; the second is written.</summary>
    FromTo,

    /// <summary>The descriptor that is written, then the one that is read.</summary>
    ToFrom,
}

/// <summary>A system call that touches files.</summary>
internal sealed record SystemCall(int Number, string Name, CallShape Shape, CallTraits Traits)
{
    /// <summary>Flags of an opening that make a file or empty it: O_CREAT and O_TRUNC.</summary>
    public const int MakingFlags = 0x40 | 0x200;

    /// <summary>Traits of an opening with one of these flags.</summary>
    public const CallTraits OpensAndMakes = CallTraits.Opens | CallTraits.Changes | CallTraits.Allocates | CallTraits.Names;

    /// <summary>Traits of an opening with none of them.</summary>
    public const CallTraits OpensAlone = CallTraits.Opens | CallTraits.Reads;

    /// <summary>Which argument has an opening's flags; openat2 takes a pointer to them, and nothing here makes files with it.</summary>
    public int? FlagsArgument => Name switch
    {
        "open" => 1,
        "openat" => 2,
        _ => null,
    };
}

/// <summary>The calls that are watched, with their numbers on x86-64 (linux/arch/x86/entry/syscalls/syscall_64.tbl).</summary>
internal static class SystemCalls
{
    private const CallTraits Writing = CallTraits.Changes | CallTraits.Allocates | CallTraits.Writes;
    private const CallTraits Growing = CallTraits.Changes | CallTraits.Allocates;
    private const CallTraits Making = CallTraits.Changes | CallTraits.Allocates | CallTraits.Names;
    private const CallTraits Naming = CallTraits.Changes | CallTraits.Names;
    private const CallTraits Removing = CallTraits.Changes | CallTraits.Names | CallTraits.Removes;
    private const CallTraits Syncing = CallTraits.Changes | CallTraits.Syncs;

    /// <summary>By number.</summary>
    public static FrozenDictionary<int, SystemCall> Watched { get; } = ((SystemCall[])
    [
        new(0, "read", CallShape.Descriptor, CallTraits.Reads),
        new(1, "write", CallShape.Descriptor, Writing),
        new(2, "open", CallShape.Path, CallTraits.Opens),
        new(16, "ioctl", CallShape.Descriptor, CallTraits.None),
        new(17, "pread64", CallShape.Descriptor, CallTraits.Reads),
        new(18, "pwrite64", CallShape.Descriptor, Writing),
        new(20, "writev", CallShape.Descriptor, Growing),
        new(26, "msync", CallShape.Descriptor, CallTraits.None),
        new(40, "sendfile", CallShape.ToFrom, Growing),
        new(74, "fsync", CallShape.Descriptor, Syncing),
        new(75, "fdatasync", CallShape.Descriptor, Syncing),
        new(76, "truncate", CallShape.Path, Naming),
        new(77, "ftruncate", CallShape.Descriptor, CallTraits.Changes),
        new(82, "rename", CallShape.TwoPaths, Making),
        new(83, "mkdir", CallShape.Path, Making),
        new(84, "rmdir", CallShape.Path, Removing),
        new(85, "creat", CallShape.Path, Making | CallTraits.Opens),
        new(86, "link", CallShape.TwoPaths, Making),
        new(87, "unlink", CallShape.Path, Removing),
        new(88, "symlink", CallShape.TextPath, Making),
        new(90, "chmod", CallShape.Path, Naming),
        new(91, "fchmod", CallShape.Descriptor, CallTraits.Changes),
        new(92, "chown", CallShape.Path, Naming),
        new(93, "fchown", CallShape.Descriptor, CallTraits.Changes),
        new(94, "lchown", CallShape.Path, Naming),
        new(188, "setxattr", CallShape.Path, Making),
        new(189, "lsetxattr", CallShape.Path, Making),
        new(190, "fsetxattr", CallShape.Descriptor, Growing),
        new(197, "removexattr", CallShape.Path, Naming),
        new(198, "lremovexattr", CallShape.Path, Naming),
        new(199, "fremovexattr", CallShape.Descriptor, CallTraits.Changes),
        new(217, "getdents64", CallShape.Descriptor, CallTraits.Reads),
        new(257, "openat", CallShape.At, CallTraits.Opens),
        new(258, "mkdirat", CallShape.At, Making),
        new(260, "fchownat", CallShape.At, Naming),
        new(263, "unlinkat", CallShape.At, Removing),
        new(264, "renameat", CallShape.TwoAt, Making),
        new(265, "linkat", CallShape.TwoAt, Making),
        new(266, "symlinkat", CallShape.TextAt, Making),
        new(268, "fchmodat", CallShape.At, Naming),
        new(275, "splice", CallShape.FromTo, Growing),
        new(277, "sync_file_range", CallShape.Descriptor, CallTraits.None),
        new(280, "utimensat", CallShape.At, Naming),
        new(285, "fallocate", CallShape.Descriptor, Growing),
        new(296, "pwritev", CallShape.Descriptor, Growing),
        new(306, "syncfs", CallShape.Descriptor, Syncing),
        new(316, "renameat2", CallShape.TwoAt, Making),
        new(326, "copy_file_range", CallShape.FromTo, Growing),
        new(328, "pwritev2", CallShape.Descriptor, Growing),
        new(437, "openat2", CallShape.At, CallTraits.Opens),
        new(452, "fchmodat2", CallShape.At, Naming),
    ]).ToFrozenDictionary(static call => call.Number);
}
