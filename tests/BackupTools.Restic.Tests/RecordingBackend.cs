using System.Collections.Concurrent;
using BackupTools.Restic.Backends;

namespace BackupTools.Restic.Tests;

/// <summary>A real backend, and what was written to and removed from it, in order.</summary>
internal sealed class RecordingBackend(IRepositoryBackend inner) : IRepositoryBackend
{
    private readonly ConcurrentQueue<(bool IsRemoval, RepositoryFile File)> _calls = new();

    /// <summary>What has been done; a file stands here once it is written.</summary>
    public IEnumerable<(bool IsRemoval, RepositoryFile File)> Calls => _calls;

    public string Location => inner.Location;

    public void Create(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> config) => inner.Create(key, config);

    public IEnumerable<StoredFile> List(RepositoryFileType type, CancellationToken cancellation) => inner.List(type, cancellation);

    public int Read(RepositoryFile file, long offset, Span<byte> destination) => inner.Read(file, offset, destination);

    public byte[] ReadWhole(RepositoryFile file, int maximumLength) => inner.ReadWhole(file, maximumLength);

    public void Write(RepositoryFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        inner.Write(file, content, cancellation);
        _calls.Enqueue((false, file));
    }

    public bool Remove(RepositoryFile file)
    {
        _calls.Enqueue((true, file));
        return inner.Remove(file);
    }

    public void RemoveLeftovers(CancellationToken cancellation) => inner.RemoveLeftovers(cancellation);

    public void Dispose() => inner.Dispose();
}
