using Microsoft.Win32.SafeHandles;

namespace BackupTools.Core.FileSystem;

/// <summary>A file on Windows.</summary>
internal sealed class WindowsFileHandle : FileHandle
{
    private readonly SafeFileHandle _handle;
    private long _readOffset;
    private long _writeOffset;

    public WindowsFileHandle(SafeFileHandle handle, string path)
        : base(path) => _handle = handle;

    public override int Read(Span<byte> buffer)
    {
        int count = ReadAt(buffer, _readOffset);
        _readOffset += count;
        return count;
    }

    public override int ReadAt(Span<byte> buffer, long offset)
    {
        try
        {
            return RandomAccess.Read(_handle, buffer, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WindowsErrors.From(e, "reading", Path);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        WriteAt(buffer, _writeOffset);
        _writeOffset += buffer.Length;
    }

    public override void WriteAt(ReadOnlySpan<byte> buffer, long offset)
    {
        try
        {
            RandomAccess.Write(_handle, buffer, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WindowsErrors.From(e, "writing", Path);
        }
    }

    public override void SetLength(long length) =>
        WindowsErrors.Translate("setting the length of", Path, () => RandomAccess.SetLength(_handle, length));

    public override void Reset()
    {
        WindowsErrors.Translate("emptying", Path, () => RandomAccess.SetLength(_handle, 0));
        _writeOffset = 0;
        _readOffset = 0;
    }

    public override void Rewind() => _readOffset = 0;

    public override FileStatus GetStatus() => new()
    {
        Type = EntryType.File,
        Size = RandomAccess.GetLength(_handle),
        LinkCount = 1,
        Modified = Timestamp.FromDateTime(File.GetLastWriteTimeUtc(_handle)),
        Attributes = File.GetAttributes(_handle),
    };

    public override List<KeyValuePair<string, byte[]>> GetAttributes() => [];

    public override void SetAttribute(string name, ReadOnlySpan<byte> value)
    {
    }

    public override void SetMode(int mode)
    {
    }

    public override void SetOwner(uint uid, uint gid)
    {
    }

    public override void SetModified(Timestamp modified) =>
        WindowsErrors.Translate(
            "setting the time of", Path, () => File.SetLastWriteTimeUtc(_handle, modified.ToDateTime()));

    public override void Sync() => WindowsErrors.Translate("syncing", Path, () => RandomAccess.FlushToDisk(_handle));

    protected override void Close() => _handle.Dispose();
}
