using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// A database file and its sidecars at one moment, as far as <c>stat</c> and the header tell; two equal states mean
/// that nothing was committed, checkpointed or recovered in between.
/// </summary>
internal sealed record DatabaseState
{
    private DatabaseState(FileStatus file, byte[] header, FileStatus? log, FileStatus? sharedMemory, FileStatus? journal)
    {
        File = file;
        Header = header;
        Log = log;
        SharedMemory = sharedMemory;
        Journal = journal;
    }

    public FileStatus File { get; }

    public byte[] Header { get; }

    /// <summary>The <c>-wal</c> file, if there is one.</summary>
    public FileStatus? Log { get; }

    /// <summary>The <c>-shm</c> file, if there is one.</summary>
    public FileStatus? SharedMemory { get; }

    /// <summary>The <c>-journal</c> file, if there is one.</summary>
    public FileStatus? Journal { get; }

    /// <summary>Bytes of the file and its log.</summary>
    public long Bytes => File.Size + (Log?.Size ?? 0);

    public bool IsWal => Header.Length == DatabaseFile.HeaderLength && DatabaseFile.IsWal(Header);

    /// <exception cref="FileSystemException">The file cannot be looked at or is gone.</exception>
    public static DatabaseState Read(DatabaseLocation location)
    {
        // The sidecars before the file: a log that vanishes in between was checkpointed into the file that is then read.
        FileStatus? log = Look(location, "-wal");
        FileStatus? sharedMemory = Look(location, "-shm");
        FileStatus? journal = Look(location, "-journal");
        using FileHandle file = location.Directory.OpenFile(location.Name);
        byte[] header = new byte[DatabaseFile.HeaderLength];
        int length = file.ReadAt(header, 0);
        return new DatabaseState(file.GetStatus(), header[..length], log, sharedMemory, journal);
    }

    public bool IsSameAs(DatabaseState other) =>
        IsFileSameAs(other)
        && IsSame(Log, other.Log)
        && SharedMemory.HasValue == other.SharedMemory.HasValue
        && IsSame(Journal, other.Journal);

    /// <summary>Whether the database file itself is as it was, whatever appeared beside it.</summary>
    public bool IsFileSameAs(DatabaseState other) =>
        File.IsSameState(other.File) && Header.AsSpan().SequenceEqual(other.Header);

    private static bool IsSame(FileStatus? one, FileStatus? other) =>
        one.HasValue == other.HasValue && (one is not { } first || first.IsSameState(other!.Value));

    /// <summary>Whether a path is that of a file which SQLite keeps beside the database.</summary>
    public static bool IsBeside(DatabaseLocation location, string path) =>
        DatabaseFile.SidecarSuffixes.Any(suffix => path == PathOf(location, suffix));

    private static string PathOf(DatabaseLocation location, string suffix) =>
        Path.Join(location.Directory.Path, DatabaseFile.Sidecar(location.Name, suffix).Text);

    // A link or a pipe in place of a log is none of SQLite's making, and not to be opened.
    private static FileStatus? Look(DatabaseLocation location, string suffix) =>
        !location.Directory.TryGetStatus(DatabaseFile.Sidecar(location.Name, suffix), out FileStatus status) ? null
        : status.Type == EntryType.File ? status
        : throw new FileSystemException(FileSystemError.Other, "opening", PathOf(location, suffix), "it is no plain file");
}
