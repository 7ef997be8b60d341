namespace BackupTools.Core.FileSystem;

/// <summary>An open file.</summary>
internal abstract class FileHandle : IDisposable
{
    // The kernel takes pages for its cache in pieces as large as a write, and large ones come from memory that a virtual
    // machine has given back to its host: filling 1 GiB of those took 1.7 s in writes of 1 MiB, and 0.2 to 0.6 s in
    // writes of 64 KiB (Linux 6.18, free page reporting). Where memory is at hand, both take the same.
    private const int CachedWriteSize = 64 * 1024;

    /// <summary>What direct writes are aligned to, in bytes: the largest logical block of disks in use.</summary>
    public const int DirectAlignment = 4096;

    protected FileHandle(string path) => Path = path;

    /// <summary>The path for messages.</summary>
    public string Path { get; }

    /// <summary>Reads on from where the last read ended.</summary>
    /// <returns>Bytes read; 0 at the end.</returns>
    public abstract int Read(Span<byte> buffer);

    /// <summary>Reads from an offset.</summary>
    public abstract int ReadAt(Span<byte> buffer, long offset);

    /// <summary>Writes all of it on from where the last write ended.</summary>
    public abstract void Write(ReadOnlySpan<byte> buffer);

    /// <summary>Writes all of it at an offset; where the next <see cref="Write"/> goes to stays as it is.</summary>
    public abstract void WriteAt(ReadOnlySpan<byte> buffer, long offset);

    /// <summary>Writes a long piece through the system's cache.</summary>
    public void WriteCached(ReadOnlySpan<byte> buffer, long offset)
    {
        for (int start = 0; start < buffer.Length; start += CachedWriteSize)
        {
            int count = Math.Min(CachedWriteSize, buffer.Length - start);
            WriteAt(buffer.Slice(start, count), offset + start);
        }
    }

    /// <summary>Cuts the file, or lengthens it with zeros.</summary>
    public abstract void SetLength(long length);

    /// <summary>Empties the file and goes to its beginning.</summary>
    public abstract void Reset();

    /// <summary>Goes back to the beginning for reading.</summary>
    public abstract void Rewind();

    public abstract FileStatus GetStatus();

    public abstract List<KeyValuePair<string, byte[]>> GetAttributes();

    public abstract void SetAttribute(string name, ReadOnlySpan<byte> value);

    public abstract void SetMode(int mode);

    public abstract void SetOwner(uint uid, uint gid);

    public abstract void SetModified(Timestamp modified);

    /// <summary>Makes the file's data and metadata durable.</summary>
    public abstract void Sync();

    /// <summary>Asks the system to begin writing a part back, without waiting; a hint, so it never fails.</summary>
    public virtual void StartWriteBack(long offset, long count)
    {
    }

    /// <summary>
    /// Has the file system find the room for a file of this size at once, where that is cheap; a hint, so it never
    /// fails. The file may be as long afterwards: <see cref="SetLength"/> ends it where its content does.
    /// </summary>
    public virtual void Preallocate(long size)
    {
    }

    /// <summary>
    /// Has writes go to the disk past the page cache, or through it again. Past it, memory, offset and count have to be
    /// multiples of <see cref="DirectAlignment"/>.
    /// </summary>
    /// <returns>Whether it is so now; file systems of which it is not known to be sound and fast refuse.</returns>
    public virtual bool TryBypassCache(bool bypass) => !bypass;

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    protected abstract void Close();
}
