using System.Buffers.Binary;
using System.Runtime.InteropServices;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// SQLite's SHARED lock, taken by ourselves while a database is copied that SQLite itself does not lock: one that needs
/// recovery, which nobody recovers or commits to meanwhile, or one that nobody uses (https://sqlite.org/lockingv3.html;
/// the bytes are those of <c>PENDING_BYTE</c> in SQLite's os.h).
/// </summary>
internal static unsafe class SharedDatabaseLock
{
    private const long PendingByte = 0x40000000;
    private const long SharedFirst = PendingByte + 2;
    private const long SharedSize = 510;

    /// <summary>Takes the lock on an open database file, or tells that a writer is at it.</summary>
    /// <returns>
    /// The lock, or <see langword="null"/>. On Windows, where locks are mandatory, and on a file system without locks it is
    /// one that does nothing.
    /// </returns>
    public static IDisposable? TryTake(FileHandle file)
    {
        if (file is not UnixFileHandle unix)
        {
            return new Held(-1);
        }

        // Taken in SQLite's order: the pending byte shows that no writer waits for readers to go.
        if (!Set(unix.Descriptor, ReadLock, PendingByte, 1))
        {
            return IsTaken ? null : new Held(-1);
        }

        bool isHeld = Set(unix.Descriptor, ReadLock, SharedFirst, SharedSize);
        bool isTaken = !isHeld && IsTaken;
        Set(unix.Descriptor, Unlock, PendingByte, 1);
        return isTaken ? null : new Held(isHeld ? unix.Descriptor : -1);
    }

    /// <summary>Whether a process holds the RESERVED lock: it is in the middle of a transaction, and its journal not hot.</summary>
    public static bool IsWriterActive(FileHandle file)
    {
        if (file is not UnixFileHandle unix)
        {
            return true;
        }

        byte* flock = stackalloc byte[32];
        Fill(flock, WriteLock, PendingByte + 1, 1);
        return Posix.FileControl(unix.Descriptor, Posix.IsMac ? 92 : 36, flock) == 0
            && BinaryPrimitives.ReadInt16LittleEndian(new ReadOnlySpan<byte>(flock + (Posix.IsMac ? 20 : 0), 2)) != Unlock;
    }

    private static short ReadLock => (short)(Posix.IsMac ? 1 : 0);

    private static short WriteLock => (short)(Posix.IsMac ? 3 : 1);

    private static short Unlock => 2;

    // What the call that failed last says: another process has the lock.
    private static bool IsTaken =>
        Marshal.GetLastPInvokeError() is var error && (error == PosixErrors.WouldBlock || error == PosixErrors.AccessDenied);

    // Locks of the open file description (F_OFD_SETLK): those of the process would vanish whenever any other descriptor
    // of the file is closed. macOS has them too, under another number.
    private static bool Set(int descriptor, short type, long start, long length)
    {
        byte* flock = stackalloc byte[32];
        Fill(flock, type, start, length);
        return Posix.FileControl(descriptor, Posix.IsMac ? 90 : 37, flock) == 0;
    }

    // struct flock: on Linux type, whence, start, length, pid; on macOS start, length, pid, type, whence.
    private static void Fill(byte* flock, short type, long start, long length)
    {
        Span<byte> fields = new(flock, 32);
        fields.Clear();
        if (Posix.IsMac)
        {
            BinaryPrimitives.WriteInt64LittleEndian(fields, start);
            BinaryPrimitives.WriteInt64LittleEndian(fields[8..], length);
            BinaryPrimitives.WriteInt16LittleEndian(fields[20..], type);
        }
        else
        {
            BinaryPrimitives.WriteInt16LittleEndian(fields, type);
            BinaryPrimitives.WriteInt64LittleEndian(fields[8..], start);
            BinaryPrimitives.WriteInt64LittleEndian(fields[16..], length);
        }
    }

    private sealed class Held(int descriptor) : IDisposable
    {
        public void Dispose()
        {
            if (descriptor >= 0)
            {
                Set(descriptor, Unlock, SharedFirst, SharedSize);
            }
        }
    }
}
