using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores.Repositories;
using BackupTools.Restic.Maintenance;

namespace BackupTools.Core.Stores;

/// <summary>Asks for a repository's index to be made anew.</summary>
public sealed record RepairRequest
{
    /// <summary>The repository.</summary>
    public required string Store { get; init; }

    /// <summary>How long to wait for others who use the repository.</summary>
    public TimeSpan LockTimeout { get; init; } = NewSnapshotRequest.DefaultLockTimeout;

    /// <summary>
    /// Where the password comes from; by default from the environment. The caller disposes it, after the last request that
    /// uses it.
    /// </summary>
    public RepositoryCredential? Credential { get; init; }
}

/// <summary>What came of making the index anew.</summary>
/// <param name="Store">Full path of the repository.</param>
/// <param name="Packs">How many packs the new index tells of.</param>
/// <param name="Blobs">How many pieces of files and directories are in them.</param>
/// <param name="Problems">
/// The packs that do not tell what is in them, and whether the index tells it as before or no more; their files were left as
/// they are.
/// </param>
public sealed record RepairedRepository(string Store, int Packs, long Blobs, IReadOnlyList<string> Problems);

/// <summary>Makes the index of a repository anew where index files are damaged or missing.</summary>
public static class RepositoryRepairer
{
    private const string Left = "No pack and no snapshot was changed.";

    /// <summary>Makes the index anew from what the packs say themselves. Killed at any moment, there is an index.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Hears of progress.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="BackupException">
    /// <see cref="ErrorId.StoreNotFound"/> where it is no repository, <see cref="ErrorId.StoreLocked"/>, and what opening
    /// one throws.
    /// </exception>
    public static RepairedRepository RebuildIndex(RepairRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Store));

        // Before anybody is asked for a password.
        if (!RepositoryLocation.IsRepository(path))
        {
            throw new BackupException(
                ErrorId.StoreNotFound, $"There is no repository at '{path}'. Nothing was changed. Check the path.", path);
        }

        using RepositoryStore store = RepositoryStore.Open(path, request.Credential, cancellation);
        using IStoreLock held = store.Lock(StoreUse.Remove, request.LockTimeout, cancellation);
        ProgressTracker tracker = new(observer);
        tracker.Begin("Reading packs");
        RebuildReport report = RepositoryErrors.Translate(path, Left, () => store.RebuildIndex(tracker, cancellation));
        return new RepairedRepository(
            path, report.Packs, report.Blobs, [.. report.Damages.Select(static damage => damage.Message)]);
    }
}
