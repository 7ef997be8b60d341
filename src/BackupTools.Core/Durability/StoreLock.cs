using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Stores;
using Microsoft.Win32.SafeHandles;

namespace BackupTools.Core.Durability;

/// <summary>How a store is locked.</summary>
internal enum LockMode
{
    /// <summary>Beside other readers.</summary>
    Shared,

    /// <summary>Alone.</summary>
    Exclusive,
}

/// <summary>
/// A lock that the system drops when its holder dies, so none is ever stale: <c>flock</c> on Unix, a share mode on
/// Windows. The lock file stays behind, because removing it would let two runs lock two files of one name.
/// </summary>
internal sealed class StoreLock : IStoreLock
{
    /// <summary>Name of the lock file in a store.</summary>
    public const string FileName = ".backuptools.lock";

    private const int FlockShared = 1;
    private const int FlockExclusive = 2;
    private const int FlockNonBlocking = 4;
    private const int FlockUnlock = 8;

    // Short against a person's patience, long against the cost of a system call.
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    private readonly SafeFileHandle? _windows;
    private int _descriptor;

    /// <summary>No lock, for a place that nobody writes to.</summary>
    public static StoreLock None { get; } = new(-1, null);

    private StoreLock(int descriptor, SafeFileHandle? windows)
    {
        _descriptor = descriptor;
        _windows = windows;
    }

    /// <summary>Locks a store, waiting for others as long as allowed.</summary>
    /// <param name="store">Path of the store.</param>
    /// <param name="mode">Shared or exclusive.</param>
    /// <param name="timeout">How long to wait; zero asks once.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The lock.</returns>
    /// <exception cref="BackupException">Locked by others, not lockable, or not writable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public static StoreLock Acquire(string store, LockMode mode, TimeSpan timeout, CancellationToken cancellation)
    {
        string path = Path.Join(store, FileName);
        long deadline = Environment.TickCount64 + (long)Math.Min(timeout.TotalMilliseconds, int.MaxValue);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            StoreLock? taken = OperatingSystem.IsWindows() ? TryWindows(path, mode) : TryUnix(path, mode);
            if (taken is not null)
            {
                return taken;
            }

            if (Environment.TickCount64 >= deadline)
            {
                throw new BackupException(
                    ErrorId.StoreLocked,
                    $"The store '{store}' is locked by another run. Nothing was changed. Wait for that run to end, or " +
                    "allow more time with the lock timeout; the lock ends with its run and never needs to be removed.",
                    store);
            }

            cancellation.WaitHandle.WaitOne(s_pollInterval);
        }
    }

    // The system sees to it.
    public void Confirm(CancellationToken cancellation)
    {
    }

    // Whoever may add is alone.
    public bool TryAllowRemoval([NotNullWhen(false)] out string? obstacle)
    {
        obstacle = null;
        return true;
    }

    public void Dispose()
    {
        _windows?.Dispose();
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            // Said aloud, not left to the close: a process that is being started by another thread holds a copy of the
            // descriptor between its fork and its exec, and the lock would last until then.
            _ = Posix.FileLock(descriptor, FlockUnlock);
            _ = Posix.Close(descriptor);
        }
    }

    private static unsafe StoreLock? TryUnix(string path, LockMode mode)
    {
        fixed (byte* name = EntryName.FromText(path).Terminated)
        {
            int descriptor = Posix.OpenAt(Posix.CurrentDirectory, name, Posix.ReadWrite | Posix.Create | Posix.NoFollow, 0x180);
            if (descriptor < 0)
            {
                FileSystemException error = PosixErrors.Create(Marshal.GetLastPInvokeError(), "opening", path);
                if (mode == LockMode.Exclusive || error.Error is not (FileSystemError.AccessDenied or FileSystemError.ReadOnly))
                {
                    throw NotWritable(path, error);
                }

                // A reader may lock what another user's runs lock, where that user lets it; else it reads without.
                descriptor = Posix.OpenAt(Posix.CurrentDirectory, name, Posix.ReadOnly | Posix.NoFollow | Posix.NonBlocking, 0);
                if (descriptor < 0)
                {
                    return None;
                }
            }

            int operation = (mode == LockMode.Shared ? FlockShared : FlockExclusive) | FlockNonBlocking;
            if (Posix.FileLock(descriptor, operation) == 0)
            {
                return new StoreLock(descriptor, null);
            }

            FileSystemException refused = PosixErrors.Create(Marshal.GetLastPInvokeError(), "locking", path);
            _ = Posix.Close(descriptor);
            if (refused.Error == FileSystemError.WouldBlock)
            {
                return null;
            }

            return mode == LockMode.Shared ? None : throw NotLockable(path, refused);
        }
    }

    private static StoreLock? TryWindows(string path, LockMode mode)
    {
        try
        {
            FileAccess access = mode == LockMode.Shared ? FileAccess.Read : FileAccess.ReadWrite;
            FileShare share = mode == LockMode.Shared ? FileShare.Read : FileShare.None;
            return new StoreLock(-1, File.OpenHandle(path, FileMode.OpenOrCreate, access, share));
        }
        catch (UnauthorizedAccessException) when (mode == LockMode.Shared)
        {
            return None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            FileSystemException error = WindowsErrors.From(e, "locking", path);
            return error.Error == FileSystemError.Busy ? null : throw NotWritable(path, error);
        }
    }

    private static BackupException NotWritable(string path, FileSystemException error) => new(
        ErrorId.StoreNotWritable,
        $"The store cannot be locked: {error.Message}. Nothing was changed. Check that the directory exists and that you may write to it.",
        Path.GetDirectoryName(path),
        error);

    private static BackupException NotLockable(string path, FileSystemException error) => new(
        ErrorId.LockNotSupported,
        $"The file system of the store cannot lock files: {error.Message}. Nothing was changed. Two runs at once could " +
        "damage each other there; use a store on another file system.",
        Path.GetDirectoryName(path),
        error);
}
