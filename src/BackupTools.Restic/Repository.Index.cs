using System.Diagnostics;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Maintenance;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic;

/// <content>The index.</content>
public sealed partial class Repository
{
    // After so many blobs, or so long, a long run's index is written, so that a later run can go on from there if this one
    // dies. The time is restic's; of blobs it takes 50,000, whose text and what it is compressed in take 40 MB at a time.
    private const int FullIndex = 20_000;
    private static readonly TimeSpan s_oldIndex = TimeSpan.FromMinutes(10);

    private readonly Lock _indexLock = new();
    private long _indexWrittenAt = Stopwatch.GetTimestamp();
    private volatile bool _isIndexLoaded;

    /// <summary>What is known of the blobs.</summary>
    internal MasterIndex Index => _index;

    /// <summary>What <see cref="LoadIndex"/> read last.</summary>
    internal IndexReading? LoadedIndex { get; private set; }

    /// <summary>
    /// Reads the index, which everything that has to do with blobs needs; call it under a lock, and again to see what others
    /// have added since.
    /// </summary>
    /// <param name="progress">Told how many index files have been read.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>
    /// The index files that are damaged: what only they tell of cannot be found until the index is made anew, and is saved
    /// again where it occurs.
    /// </returns>
    public IReadOnlyList<Damage> LoadIndex(
        IProgress<RepositoryProgress>? progress = null, CancellationToken cancellation = default)
    {
        IndexReading reading = ReadIndex(progress, cancellation);
        UseIndex(reading.Table);
        LoadedIndex = reading;
        return reading.Damages;
    }

    /// <summary>Goes on with an index that has been read.</summary>
    internal void UseIndex(BlobTable table)
    {
        _index.Replace(table);
        _isIndexLoaded = true;
    }

    /// <summary>
    /// Writes index files that tell everything, and removes those that there were. Killed in between, there are some that
    /// tell the same.
    /// </summary>
    internal void ReplaceIndexFiles(
        IEnumerable<(ObjectId Pack, IReadOnlyList<PackBlob> Blobs)> packs,
        IReadOnlyList<StoredFile> old,
        CancellationToken cancellation)
    {
        List<(ObjectId, IReadOnlyList<PackBlob>)> next = [];
        int blobs = 0;
        foreach ((ObjectId Pack, IReadOnlyList<PackBlob> Blobs) pack in packs)
        {
            if (blobs > 0 && blobs + pack.Blobs.Count > FullIndex)
            {
                RequireLock();
                _files.Save(RepositoryFileType.Index, IndexJson.Write(next, []).Span, cancellation);
                next.Clear();
                blobs = 0;
            }

            next.Add(pack);
            blobs += pack.Blobs.Count;
        }

        // Only the last one says what they replace: by then all are there.
        RequireLock();
        ObjectId[] supersedes = [.. old.Select(file => file.Id)];
        if (next.Count > 0 || supersedes.Length > 0)
        {
            _files.Save(RepositoryFileType.Index, IndexJson.Write(next, supersedes).Span, cancellation);
        }

        foreach (ObjectId id in supersedes)
        {
            cancellation.ThrowIfCancellationRequested();
            Backend.Remove(new RepositoryFile(RepositoryFileType.Index, id));
        }
    }

    /// <summary>Reads all index files.</summary>
    internal IndexReading ReadIndex(IProgress<RepositoryProgress>? progress, CancellationToken cancellation) =>
        ReadIndexFiles(ListFiles(RepositoryFileType.Index, cancellation), progress, cancellation);

    internal IndexReading ReadIndexFiles(
        IReadOnlyList<StoredFile> files, IProgress<RepositoryProgress>? progress, CancellationToken cancellation) =>
        IndexReading.Read(_files, files, progress, cancellation);

    internal List<StoredFile> ListFiles(RepositoryFileType type, CancellationToken cancellation) =>
        [.. Backend.List(type, cancellation)];

    private void SaveIndexIfFull(CancellationToken cancellation)
    {
        if (_index.UnsavedBlobs >= FullIndex || Stopwatch.GetElapsedTime(Volatile.Read(ref _indexWrittenAt)) >= s_oldIndex)
        {
            SaveIndex(cancellation);
        }
    }

    private void SaveIndex(CancellationToken cancellation)
    {
        lock (_indexLock)
        {
            List<(ObjectId Pack, IReadOnlyList<PackBlob> Blobs)> packs = _index.GetUnsaved();
            if (packs.Count > 0)
            {
                RequireLock();
                _files.Save(RepositoryFileType.Index, IndexJson.Write(packs, []).Span, cancellation);
                _index.MarkSaved(packs.Count);
            }

            Volatile.Write(ref _indexWrittenAt, Stopwatch.GetTimestamp());
        }
    }

    private void RequireIndex()
    {
        if (!_isIndexLoaded)
        {
            throw new InvalidOperationException("The index has not been loaded.");
        }
    }
}
