using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources;

/// <summary>Something to be backed up.</summary>
internal interface ISnapshotSource : IDisposable
{
    /// <summary><see cref="SnapshotKind.Sqlite"/> or <see cref="SnapshotKind.Directory"/>.</summary>
    string Kind { get; }

    /// <summary>Full path as it was named.</summary>
    string Path { get; }

    /// <summary>Bytes to copy where that is known beforehand.</summary>
    long? Bytes { get; }

    /// <summary>Bytes that a snapshot would hold now; of databases the file alone, without its log. Reads names only.</summary>
    long Measure(string store, NewSnapshotRequest request, CancellationToken cancellation);

    /// <summary>Copies the source into a writer.</summary>
    /// <param name="draft">The manifest with what does not depend on the data.</param>
    /// <param name="writer">Receives payload and listing.</param>
    /// <param name="store">Full path of the store, in case it lies inside the source.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="progress">Hears of bytes and decisions.</param>
    /// <param name="cancellation">Stops within a second.</param>
    /// <returns>The manifest with all that was found.</returns>
    SnapshotManifest Capture(
        SnapshotManifest draft,
        ISnapshotWriter writer,
        string store,
        NewSnapshotRequest request,
        ProgressTracker progress,
        CancellationToken cancellation);
}
