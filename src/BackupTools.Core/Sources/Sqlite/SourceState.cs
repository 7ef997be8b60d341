using System.Buffers.Binary;
using System.Security.Cryptography;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// What a database's files look like, put into one text: equal texts mean that nothing was committed in between. A commit
/// into a log changes neither size nor time of the database file, so the log counts as much as the file itself.
/// </summary>
internal static class SourceState
{
    private const int LogHeaderLength = 32;

    // A change within the clock's grain could leave the same times behind.
    private static readonly TimeSpan s_grain = TimeSpan.FromSeconds(1);

    /// <summary>Looks at a database, before its capture begins.</summary>
    /// <returns><see langword="null"/> where looks cannot vouch for it: it changed just now, or has a journal.</returns>
    public static string? Read(DatabaseLocation location, DateTime now)
    {
        try
        {
            return TryRead(location, now);
        }
        catch (FileSystemException)
        {
            // Then the capture tells.
            return null;
        }
    }

    /// <summary>Whether a database is as it was when <see cref="Read"/> gave a state.</summary>
    public static bool IsUnchanged(DatabaseLocation location, string? state) =>
        state is not null && Read(location, DateTime.UtcNow) == state;

    private static string? TryRead(DatabaseLocation location, DateTime now)
    {
        if (!location.Directory.TryGetStatus(location.Name, out FileStatus status)
            || OpenDatabases.IsOpenElsewhereInThisProcess(status.Identity))
        {
            return null;
        }

        // Registered, because closing a descriptor must not drop the locks of another run in this process.
        using IDisposable registration = OpenDatabases.Register(status.Identity);
        byte[] logHeader = ReadLogHeader(location);
        DatabaseState state = DatabaseState.Read(location);
        if (state.File.Identity != status.Identity || state.Journal is not null || !IsSettled(state.File, now)
            || (state.Log is { } log && !IsSettled(log, now)))
        {
            return null;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, state.File);
        hash.AppendData(state.Header);
        if (state.Log is { } present)
        {
            Append(hash, present);
            hash.AppendData(logHeader);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] ReadLogHeader(DatabaseLocation location)
    {
        EntryName name = DatabaseFile.Sidecar(location.Name, "-wal");
        if (!location.Directory.TryGetStatus(name, out FileStatus status) || status.Type != EntryType.File)
        {
            return [];
        }

        byte[] header = new byte[LogHeaderLength];
        using FileHandle log = location.Directory.OpenFile(name);
        return header[..log.ReadAt(header, 0)];
    }

    private static bool IsSettled(in FileStatus status, DateTime now) =>
        status.Modified.ToDateTime() < now - s_grain && status.Changed.ToDateTime() < now - s_grain;

    private static void Append(IncrementalHash hash, in FileStatus status)
    {
        Span<byte> numbers = stackalloc byte[7 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, status.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(numbers[8..], status.Identity.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], status.Modified.Seconds);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[24..], status.Modified.Nanoseconds);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[32..], status.Changed.Seconds);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[40..], status.Changed.Nanoseconds);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[48..], status.LinkCount);
        hash.AppendData(numbers);
    }
}
