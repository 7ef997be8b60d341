using System.Text.Json;
using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>
/// The durable note of what a restore is doing to its target, beside it or within it: each line is on disk before what
/// it tells is done, so that a later restore can finish or undo it. The run that writes it holds it locked, and the
/// system drops that lock when the run dies: a record that can be locked has been left behind.
/// </summary>
internal sealed class RestoreRecord : IDisposable
{
    /// <summary>The record's format.</summary>
    public const int Version = 1;

    private readonly FileStream _stream;
    private readonly string _name;
    private readonly MemoryStream _pending = new();

    private RestoreRecord(FileStream stream, string name)
    {
        _stream = stream;
        _name = name;
    }

    /// <summary>Full path of the record.</summary>
    public string Path => _stream.Name;

    /// <summary>Begins a record.</summary>
    /// <exception cref="BackupException">Another restore is at work there (<see cref="ErrorId.TargetInUse"/>).</exception>
    /// <exception cref="FileSystemException">It cannot be written.</exception>
    public static RestoreRecord Create(DirectoryHandle home, string name, RecordLine first)
    {
        string path = System.IO.Path.Join(home.Path, name);
        FileStream stream;
        try
        {
            stream = new FileStream(path, Options(FileMode.CreateNew));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw home.TryGetStatus(EntryName.FromText(name), out _) ? InUse(path) : Translate(e, "creating", path);
        }

        RestoreRecord record = new(stream, name);
        try
        {
            if (!record.IsStillNamed(home))
            {
                throw InUse(path);
            }

            record.Add(first);
            record.Flush();
            return record;
        }
        catch (Exception e)
        {
            if (e is FileSystemException)
            {
                record.TryRemove(home);
            }

            record.Dispose();
            throw;
        }
    }

    /// <summary>Opens the record of a run that is no more.</summary>
    /// <returns>The record, or <see langword="null"/> where there is none.</returns>
    /// <exception cref="BackupException">The run that wrote it is alive (<see cref="ErrorId.TargetInUse"/>).</exception>
    public static RestoreRecord? OpenAbandoned(DirectoryHandle home, string name)
    {
        if (!home.TryGetStatus(EntryName.FromText(name), out FileStatus status))
        {
            return null;
        }

        string path = System.IO.Path.Join(home.Path, name);
        if (status.Type != EntryType.File)
        {
            throw RecordReader.Damaged(path, "it is no plain file");
        }

        FileStream stream;
        try
        {
            stream = new FileStream(path, Options(FileMode.Open));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BackupException(
                ErrorId.RestoreInterrupted,
                $"An earlier restore was interrupted, and its record '{path}' cannot be read: {e.Message} Nothing was changed. " +
                "Restore again as a user who may.",
                path,
                e);
        }
        catch (IOException)
        {
            throw InUse(path);
        }

        RestoreRecord record = new(stream, name);
        if (!record.IsStillNamed(home))
        {
            record.Dispose();
            return null;
        }

        return record;
    }

    /// <summary>Adds a line, to be written with the next <see cref="Flush"/>.</summary>
    public void Add(RecordLine line)
    {
        _pending.Write(JsonSerializer.SerializeToUtf8Bytes(line, RecordJson.Default.RecordLine));
        _pending.WriteByte((byte)'\n');
    }

    /// <summary>Makes the lines durable.</summary>
    public void Flush()
    {
        try
        {
            _stream.Seek(0, SeekOrigin.End);
            _stream.Write(_pending.GetBuffer(), 0, (int)_pending.Length);
            _pending.SetLength(0);
            _stream.Flush();
            DurableNames.SyncContent(_stream.SafeFileHandle, Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Translate(e, "writing", Path);
        }
    }

    /// <summary>All whole lines with the offsets where they begin; one that was cut off told of nothing that was done.</summary>
    public IEnumerable<(long Offset, RecordLine Line)> Read(long from = 0)
    {
        _stream.Seek(from, SeekOrigin.Begin);
        return RecordReader.Read(_stream, Path);
    }

    /// <summary>Ends the record.</summary>
    public void Remove(DirectoryHandle home)
    {
        if (OperatingSystem.IsWindows())
        {
            _stream.Dispose();
        }

        if (home.TryGetStatus(EntryName.FromText(_name), out _))
        {
            home.DeleteFile(EntryName.FromText(_name));
            home.Sync();
        }
    }

    /// <summary>Notes that the restore is done, where that is not told by the record's end; it stays if even that fails.</summary>
    public void TryFinish()
    {
        try
        {
            Add(new RecordLine { Done = true });
            Flush();
        }
        catch (Exception e) when (e is FileSystemException or ObjectDisposedException)
        {
            // Then a snapshot is refused until the next restore has looked.
        }
    }

    // Nothing was begun, so one that stays tells of nothing.
    private void TryRemove(DirectoryHandle home)
    {
        try
        {
            Remove(home);
        }
        catch (FileSystemException)
        {
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _pending.Dispose();
    }

    // .NET takes an exclusive flock for FileShare.None, which is the lock that tells the living from the dead. Windows
    // must be able to remove the file while it is open.
    private static FileStreamOptions Options(FileMode mode)
    {
        FileStreamOptions options = new()
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows() && mode == FileMode.CreateNew)
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    // Between making or opening the file and locking it, another run may have removed it.
    private bool IsStillNamed(DirectoryHandle home) =>
        OperatingSystem.IsWindows()
        || (home.TryGetStatus(EntryName.FromText(_name), out FileStatus named)
            && PosixStatus.TryGet((int)_stream.SafeFileHandle.DangerousGetHandle(), out FileStatus own)
            && named.Identity == own.Identity);

    private static BackupException InUse(string path) => new(
        ErrorId.TargetInUse,
        $"Another restore is at work on the same target; its record is '{path}'. Nothing was changed. Wait for it to end.",
        path);

    private static FileSystemException Translate(Exception e, string operation, string path) =>
        OperatingSystem.IsWindows()
            ? WindowsErrors.From(e, operation, path)
            : new FileSystemException(
                e is UnauthorizedAccessException ? FileSystemError.AccessDenied : PosixErrors.Classify(e.HResult),
                operation,
                path,
                e.Message);
}
