using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// Hears of each read that the system refuses to SQLite. Of an EIO SQLite makes a damaged file system and tells the
/// database as malformed (<c>SQLITE_IOERR_CORRUPTFS</c>, in its os_unix.c), and a check tells some of the pages that it could
/// not read without a code: whoever reads that looks for a fault of the application, and not at the disk.
/// </summary>
/// <remarks>Where no <see cref="SqliteConfinement"/> is in force, nothing changes. On Windows SQLite tells each as a read.</remarks>
internal static unsafe class SqliteReads
{
    private static nint s_read;
    private static nint s_readAt;
    private static nint s_readAt64;

    /// <summary>Begins to hear, for the whole process; once.</summary>
    public static void Install()
    {
        // Which one SQLite uses was chosen when it was built.
        delegate* unmanaged[Cdecl]<int, byte*, nuint, nint> read = &Read;
        delegate* unmanaged[Cdecl]<int, byte*, nuint, long, nint> readAt = &ReadAt;
        delegate* unmanaged[Cdecl]<int, byte*, nuint, long, nint> readAt64 = &ReadAt64;
        bool hears = SqliteSystemCall.TryReplace("read\0"u8, (nint)read, ref s_read);
        hears |= SqliteSystemCall.TryReplace("pread\0"u8, (nint)readAt, ref s_readAt);
        hears |= SqliteSystemCall.TryReplace("pread64\0"u8, (nint)readAt64, ref s_readAt64);
        if (!hears)
        {
            throw new SqliteException(SqliteNative.NotFound, "it reads by no call that is known");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Read(int descriptor, byte* buffer, nuint count) =>
        Hear(descriptor, ((delegate* unmanaged[Cdecl]<int, byte*, nuint, nint>)s_read)(descriptor, buffer, count));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint ReadAt(int descriptor, byte* buffer, nuint count, long offset) => Hear(
        descriptor, ((delegate* unmanaged[Cdecl]<int, byte*, nuint, long, nint>)s_readAt)(descriptor, buffer, count, offset));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint ReadAt64(int descriptor, byte* buffer, nuint count, long offset) => Hear(
        descriptor, ((delegate* unmanaged[Cdecl]<int, byte*, nuint, long, nint>)s_readAt64)(descriptor, buffer, count, offset));

    private static nint Hear(int descriptor, nint count)
    {
        if (count < 0 && Marshal.GetLastSystemError() is var error && error != PosixErrors.Interrupted
            && SqliteConfinement.TryNoteRefusedRead(descriptor, error))
        {
            // Any but those that SQLite makes a damaged file system of.
            Marshal.SetLastSystemError(PosixErrors.InvalidArgument);
        }

        return count;
    }
}
