using BackupTools.Restic.Backends;

namespace BackupTools.Restic.Tests;

/// <summary>A repository's directory, with somebody in between who sees what is read and listed, and may interfere.</summary>
internal sealed class WatchedBackend(string path) : IRepositoryBackend
{
    private readonly LocalBackend _directory = new(path);

    /// <summary>Hears of each range that is read, before it is.</summary>
    public Action<RepositoryFile, long, int> Reading { get; set; } = static (_, _, _) => { };

    /// <summary>Passes on what a listing shows.</summary>
    public Func<RepositoryFileType, List<StoredFile>, IEnumerable<StoredFile>> Listing { get; set; } = static (_, files) => files;

    public string Location => _directory.Location;

    public void Create(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> config) => _directory.Create(key, config);

    public IEnumerable<StoredFile> List(RepositoryFileType type, CancellationToken cancellation) =>
        Listing(type, [.. _directory.List(type, cancellation)]);

    public int Read(RepositoryFile file, long offset, Span<byte> destination)
    {
        Reading(file, offset, destination.Length);
        return _directory.Read(file, offset, destination);
    }

    public byte[] ReadWhole(RepositoryFile file, int maximumLength)
    {
        Reading(file, 0, maximumLength);
        return _directory.ReadWhole(file, maximumLength);
    }

    public void Write(RepositoryFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        _directory.Write(file, content, cancellation);

    public bool Remove(RepositoryFile file) => _directory.Remove(file);

    public void RemoveLeftovers(CancellationToken cancellation) => _directory.RemoveLeftovers(cancellation);

    public void Dispose() => _directory.Dispose();
}
