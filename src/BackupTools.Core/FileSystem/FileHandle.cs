namespace BackupTools.Core.FileSystem;

/// <summary>An open file.</summary>
internal abstract class FileHandle : IDisposable
{
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

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    protected abstract void Close();
}
