using System.Globalization;
using System.IO.Enumeration;
using BackupTools.Restic.Locks;
using Microsoft.Win32.SafeHandles;

namespace BackupTools.Restic.Backends;

/// <summary>A repository in a directory, laid out as restic lays it out.</summary>
public sealed partial class LocalBackend : IRepositoryBackend
{
    private const string ConfigName = "config";
    private const string DataDirectory = "data";
    private const string TemporaryMark = "-tmp-";

    // Writing goes on in pieces so that a cancellation is noticed.
    // Larger pieces fill memory that a virtual machine has given back to its host, which takes several times as long.
    private const int PieceLength = 64 << 10;

    private readonly OpenFileCache _openPacks = new(OpenToRead);
    private readonly Lazy<bool> _groupMayRead;

    /// <summary>Names a directory; it need not exist.</summary>
    /// <param name="path">The directory.</param>
    public LocalBackend(string path)
    {
        Location = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _groupMayRead = new Lazy<bool>(GroupMayReadConfig);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public void Dispose() => _openPacks.Dispose();

    /// <inheritdoc/>
    public IEnumerable<StoredFile> List(RepositoryFileType type, CancellationToken cancellation)
    {
        if (type != RepositoryFileType.Pack)
        {
            return ListDirectory(GetDirectory(type), string.Empty, cancellation);
        }

        string data = GetDirectory(type);
        return Enumerable.Range(0, 256)
            .Select(first => first.ToString("x2", CultureInfo.InvariantCulture))
            .SelectMany(prefix => ListDirectory(Path.Join(data, prefix), prefix, cancellation));
    }

    /// <inheritdoc/>
    public int Read(RepositoryFile file, long offset, Span<byte> destination)
    {
        string path = GetPath(file);
        if (file.Type != RepositoryFileType.Pack)
        {
            using SafeFileHandle handle = OpenToRead(path);
            return ReadFully(handle, offset, destination);
        }

        using OpenFileCache.Lease lease = _openPacks.Open(path);
        return ReadFully(lease.Handle, offset, destination);
    }

    /// <inheritdoc/>
    public byte[] ReadWhole(RepositoryFile file, int maximumLength)
    {
        string path = GetPath(file);
        using SafeFileHandle handle = OpenToRead(path);
        long length = RandomAccess.GetLength(handle);
        if (length > maximumLength)
        {
            throw new IOException($"'{path}' has {length} bytes; it can have {maximumLength} at most.");
        }

        byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
        int read = ReadFully(handle, 0, content);
        return read == content.Length ? content : content[..read];
    }

    /// <inheritdoc/>
    public void Write(RepositoryFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        if (file.Type == RepositoryFileType.Config)
        {
            throw new ArgumentException("A config is never written again.", nameof(file));
        }

        string path = GetPath(file);
        string directory = Path.GetDirectoryName(path)!;
        string temporary = path + TemporaryMark + Path.GetRandomFileName();
        try
        {
            WriteTemporary(temporary, directory, content, cancellation);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            _ = TryDelete(temporary);
            throw;
        }

        try
        {
            SyncDirectory(directory);
        }
        catch (Exception e) when (file.Type is RepositoryFileType.Lock or RepositoryFileType.Snapshot)
        {
            // Its name alone says that it is there: the repository is locked, the snapshot made. A lock goes with its process.
            if (!TryDelete(path) && file.Type == RepositoryFileType.Snapshot)
            {
                throw new UnconfirmedFileException($"'{path}' could not be made durable ({e.Message}), and could not be taken back", e);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public bool Remove(RepositoryFile file)
    {
        string path = GetPath(file);
        _openPacks.Close(path);
        if (!File.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        if (file.Type is not (RepositoryFileType.Lock or RepositoryFileType.Pack))
        {
            SyncDirectory(Path.GetDirectoryName(path)!);
        }

        return true;
    }

    /// <inheritdoc/>
    public void RemoveLeftovers(CancellationToken cancellation)
    {
        string data = GetDirectory(RepositoryFileType.Pack);
        IEnumerable<string> directories =
        [
            GetDirectory(RepositoryFileType.Key), GetDirectory(RepositoryFileType.Snapshot),
            GetDirectory(RepositoryFileType.Index), .. Directory.Exists(data) ? Directory.EnumerateDirectories(data) : [],
        ];
        foreach (string directory in directories.Where(Directory.Exists))
        {
            cancellation.ThrowIfCancellationRequested();
            RemoveLeftovers(directory, DateTime.MaxValue);
        }

        foreach (string begun in FindBegun())
        {
            TryDelete(begun);
        }

        // A lock may be on its way, of a process that will find the repository locked: it writes none for so long.
        RemoveLeftovers(GetDirectory(RepositoryFileType.Lock), DateTime.UtcNow - LockHolder.StaleAfter);
    }

    private static void RemoveLeftovers(string directory, DateTime before)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*" + TemporaryMark + "*"))
        {
            if (ObjectId.TryParse(Path.GetFileName(file.AsSpan())[..(2 * ObjectId.Length)], out _) && File.GetLastWriteTimeUtc(file) < before)
            {
                _ = TryDelete(file);
            }
        }
    }

    private static IEnumerable<StoredFile> ListDirectory(string directory, string prefix, CancellationToken cancellation)
    {
        if (!Directory.Exists(directory))
        {
            yield break;
        }

        FileSystemEnumerable<StoredFile> files = new(
            directory,
            (ref FileSystemEntry entry) => new StoredFile(ObjectId.Parse(entry.FileName), entry.Length))
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                !entry.IsDirectory && entry.FileName.StartsWith(prefix, StringComparison.Ordinal)
                && ObjectId.TryParse(entry.FileName, out _),
        };
        foreach (StoredFile file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return file;
        }
    }

    private static int ReadFully(SafeFileHandle handle, long offset, Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length)
        {
            int read = RandomAccess.Read(handle, destination[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    private static SafeFileHandle OpenToRead(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileNotFoundException(e.Message, path, e);
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A leftover of a temporary file does no harm: no listing shows it, and the next pruning tries again.
            return false;
        }
    }

    private void WriteTemporary(string path, string directory, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        using FileStream stream = CreateFile(path, directory);
        for (int i = 0; i < content.Length; i += PieceLength)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Write(content.Span.Slice(i, Math.Min(PieceLength, content.Length - i)));
        }

        MakeReadOnly(stream.SafeFileHandle);
        SyncContent(stream, path);
    }

    private FileStream CreateFile(string path, string directory)
    {
        try
        {
            return new FileStream(path, GetCreateOptions());
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(Location))
        {
            // A power cut, or a program that copies no empty directories, has taken it, and perhaps the one above.
            CreateDirectory(directory);
            for (string above = directory; above != Location;)
            {
                above = Path.GetDirectoryName(above)!;
                SyncDirectory(above);
            }

            return new FileStream(path, GetCreateOptions());
        }
    }

    private string GetDirectory(RepositoryFileType type) => Path.Join(Location, type switch
    {
        RepositoryFileType.Key => "keys",
        RepositoryFileType.Lock => "locks",
        RepositoryFileType.Snapshot => "snapshots",
        RepositoryFileType.Index => "index",
        RepositoryFileType.Pack => DataDirectory,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Files of this kind have no directory."),
    });

    private string GetPath(RepositoryFile file)
    {
        if (file.Type == RepositoryFileType.Config)
        {
            return Path.Join(Location, ConfigName);
        }

        string name = file.Id.ToString();
        return file.Type == RepositoryFileType.Pack
            ? Path.Join(GetDirectory(file.Type), name[..2], name)
            : Path.Join(GetDirectory(file.Type), name);
    }
}
