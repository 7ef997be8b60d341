using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>Turns <c>errno</c> into <see cref="FileSystemException"/>; all throws of the Unix half stand here.</summary>
internal static class PosixErrors
{
    public const int NotPermitted = 1;
    public const int NotFound = 2;
    public const int Interrupted = 4;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int InvalidArgument = 22;
    public static readonly int WouldBlock = Posix.IsMac ? 35 : 11;
    public static readonly int NameTooLong = Posix.IsMac ? 63 : 36;
    public static readonly int TooManySymlinks = Posix.IsMac ? 62 : 40;
    public static readonly int NotSupported = Posix.IsMac ? 45 : 95;
    public static readonly int NotImplemented = Posix.IsMac ? 78 : 38;

    [DoesNotReturn]
    public static void Throw(string operation, string path) =>
        throw Create(Marshal.GetLastPInvokeError(), operation, path);

    public static FileSystemException Create(int errno, string operation, string path) =>
        new(Classify(errno), operation, path, Marshal.GetPInvokeErrorMessage(errno), errno);

    public static FileSystemError Classify(int errno)
    {
        return errno switch
        {
            NotPermitted or AccessDenied => FileSystemError.AccessDenied,
            NotFound => FileSystemError.NotFound,
            Exists => FileSystemError.Exists,
            16 => FileSystemError.Busy,
            18 => FileSystemError.OtherFileSystem,
            20 => FileSystemError.NotADirectory,
            21 => FileSystemError.IsADirectory,
            23 or 24 => FileSystemError.TooManyOpenFiles,
            28 => FileSystemError.NoSpace,
            30 => FileSystemError.ReadOnly,
            _ when errno == WouldBlock => FileSystemError.WouldBlock,
            _ when errno == TooManySymlinks => FileSystemError.TooManyLinks,
            _ when errno == (Posix.IsMac ? 66 : 39) => FileSystemError.DirectoryNotEmpty,
            _ when errno == NameTooLong => FileSystemError.NameTooLong,
            _ when errno == (Posix.IsMac ? 93 : 61) => FileSystemError.NoAttribute,
            _ when errno == (Posix.IsMac ? 69 : 122) => FileSystemError.NoSpace,
            _ when errno == NotSupported || errno == NotImplemented || errno == InvalidArgument => FileSystemError.NotSupported,
            _ => FileSystemError.Other,
        };
    }
}
