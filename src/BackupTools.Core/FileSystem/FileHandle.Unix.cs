using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>A file on Unix: a descriptor.</summary>
internal sealed unsafe class UnixFileHandle : FileHandle
{
    private readonly bool _isSource;
    private int _descriptor;

    public UnixFileHandle(int descriptor, string path, bool isSource)
        : base(path)
    {
        _descriptor = descriptor;
        _isSource = isSource;
    }

    public int Descriptor => _descriptor;

    public static void FillTimes(Posix.TimeSpec* times, Timestamp modified)
    {
        // UTIME_OMIT: the access time stays as it is.
        times[0] = new Posix.TimeSpec { Nanoseconds = Posix.IsMac ? -2 : 0x3ffffffe };
        times[1] = new Posix.TimeSpec { Seconds = modified.Seconds, Nanoseconds = modified.Nanoseconds };
    }

    public override int Read(Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                nint count = Posix.Read(_descriptor, pointer, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                ThrowUnlessInterrupted("reading");
            }
        }
    }

    public override int ReadAt(Span<byte> buffer, long offset)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                nint count = Posix.ReadAt(_descriptor, pointer, buffer.Length, offset);
                if (count >= 0)
                {
                    return (int)count;
                }

                ThrowUnlessInterrupted("reading");
            }
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            int done = 0;
            while (done < buffer.Length)
            {
                nint count = Posix.Write(_descriptor, pointer + done, buffer.Length - done);
                if (count < 0)
                {
                    ThrowUnlessInterrupted("writing");
                    continue;
                }

                done += (int)count;
            }
        }
    }

    public override void WriteAt(ReadOnlySpan<byte> buffer, long offset)
    {
        fixed (byte* pointer = buffer)
        {
            int done = 0;
            while (done < buffer.Length)
            {
                nint count = Posix.WriteAt(_descriptor, pointer + done, buffer.Length - done, offset + done);
                if (count < 0)
                {
                    ThrowUnlessInterrupted("writing");
                    continue;
                }

                done += (int)count;
            }
        }
    }

    public override void SetLength(long length) => Check(Posix.Truncate(_descriptor, length), "setting the length of");

    public override void Reset()
    {
        if (Posix.Truncate(_descriptor, 0) != 0)
        {
            PosixErrors.Throw("emptying", Path);
        }

        Rewind();
    }

    public override void Rewind()
    {
        if (Posix.Seek(_descriptor, 0, 0) < 0)
        {
            PosixErrors.Throw("reading", Path);
        }
    }

    public override FileStatus GetStatus()
    {
        if (!PosixStatus.TryGet(_descriptor, out FileStatus status))
        {
            PosixErrors.Throw("looking at", Path);
        }

        return status;
    }

    public override List<KeyValuePair<string, byte[]>> GetAttributes() => ExtendedAttributes.Read(_descriptor, Path);

    public override void SetAttribute(string name, ReadOnlySpan<byte> value) =>
        ExtendedAttributes.Write(_descriptor, name, value, Path);

    public override void SetMode(int mode) => Check(Posix.ChangeMode(_descriptor, (uint)mode), "changing the mode of");

    public override void SetOwner(uint uid, uint gid) =>
        Check(Posix.ChangeOwner(_descriptor, uid, gid), "changing the owner of");

    public override void SetModified(Timestamp modified)
    {
        Posix.TimeSpec* times = stackalloc Posix.TimeSpec[2];
        FillTimes(times, modified);
        Check(Posix.SetTimes(_descriptor, times), "setting the time of");
    }

    public override void Sync()
    {
        while (Posix.SyncDurably(_descriptor) != 0)
        {
            ThrowUnlessInterrupted("syncing");
        }
    }

    public override void StartWriteBack(long offset, long count)
    {
        const uint write = 2;
        if (!Posix.IsMac)
        {
            _ = Posix.SyncFileRange(_descriptor, offset, count, write);
        }
    }

    public override void Preallocate(long size)
    {
        if (FileSystemKind.WritesDirectly(_descriptor))
        {
            _ = Posix.Allocate(_descriptor, 0, 0, size);
        }
    }

    public override bool TryBypassCache(bool bypass)
    {
        if (bypass && !FileSystemKind.WritesDirectly(_descriptor))
        {
            return false;
        }

        return Posix.TrySetDirect(_descriptor, bypass) || !bypass;
    }

    protected override void Close()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor < 0)
        {
            return;
        }

        if (_isSource)
        {
            OpenDatabases.Close(descriptor);
        }
        else
        {
            _ = Posix.Close(descriptor);
        }
    }

    private void ThrowUnlessInterrupted(string operation)
    {
        if (Marshal.GetLastPInvokeError() != PosixErrors.Interrupted)
        {
            PosixErrors.Throw(operation, Path);
        }
    }

    private void Check(int result, string operation)
    {
        if (result != 0)
        {
            PosixErrors.Throw(operation, Path);
        }
    }
}
