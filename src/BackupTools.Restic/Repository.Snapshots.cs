using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Snapshots;

namespace BackupTools.Restic;

/// <content>Snapshots.</content>
public sealed partial class Repository
{
    /// <summary>The ids of all snapshots, in no order. List them before <see cref="LoadIndex"/>, never after.</summary>
    /// <param name="cancellation">Stops it.</param>
    public IReadOnlyList<ObjectId> ListSnapshots(CancellationToken cancellation = default) =>
        [.. Backend.List(RepositoryFileType.Snapshot, cancellation).Select(file => file.Id)];

    /// <summary>Loads a snapshot; no index is needed.</summary>
    /// <param name="id">Its id.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="RepositoryDataException">It is damaged.</exception>
    public SnapshotRecord LoadSnapshot(ObjectId id) =>
        SnapshotJson.Read(id, _files.Load(RepositoryFileType.Snapshot, id));

    /// <summary>Publishes a snapshot: flushes what it consists of, then writes its file.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The snapshot with its id.</returns>
    public SnapshotRecord SaveSnapshot(SnapshotRecord snapshot, CancellationToken cancellation = default)
    {
        Flush(cancellation);
        if (!ContainsBlob(BlobType.Tree, snapshot.Tree))
        {
            throw new ArgumentException($"There is no tree {snapshot.Tree} in the repository.", nameof(snapshot));
        }

        RequireLock();
        ReadOnlyMemory<byte> json = SnapshotJson.Write(snapshot);
        return snapshot with { Id = _files.Save(RepositoryFileType.Snapshot, json.Span, cancellation) };
    }

    /// <summary>Removes a snapshot. What it consisted of stays until it is pruned.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="exclusive">The exclusive lock under which this is done.</param>
    /// <returns>Whether it was there.</returns>
    public bool RemoveSnapshot(ObjectId id, RepositoryLock exclusive)
    {
        Require(exclusive);
        return Backend.Remove(new RepositoryFile(RepositoryFileType.Snapshot, id));
    }
}
