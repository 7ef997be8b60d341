using BackupTools.Restic.Locks;
using BackupTools.Restic.Maintenance;

namespace BackupTools.Restic;

/// <content>Checking, repairing and pruning.</content>
public sealed partial class Repository
{
    /// <summary>
    /// Checks that everything that snapshots consist of is there, and with <see cref="CheckOptions.ReadData"/> that the packs
    /// can be read. Goes on behind every damage that it finds.
    /// </summary>
    /// <param name="options">How thoroughly.</param>
    /// <param name="exclusive">
    /// The exclusive lock under which this is done; null where others may add meanwhile, or the repository cannot be written.
    /// </param>
    /// <param name="progress">Told how many bytes have been read.</param>
    /// <param name="cancellation">Stops it.</param>
    public CheckReport Check(
        CheckOptions options,
        RepositoryLock? exclusive,
        IProgress<RepositoryProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        if (exclusive is not null)
        {
            Require(exclusive);
        }

        return new RepositoryCheck(this, options, progress, cancellation).Run();
    }

    /// <summary>
    /// Makes the index anew from the packs' own headers. Packs whose header cannot be read are reported, and left out unless
    /// the index told of them before.
    /// </summary>
    /// <param name="exclusive">The exclusive lock under which this is done.</param>
    /// <param name="progress">Told how many packs have been read.</param>
    /// <param name="cancellation">Stops it.</param>
    public RebuildReport RebuildIndex(
        RepositoryLock exclusive,
        IProgress<RepositoryProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        Require(exclusive);
        return new IndexRebuild(this, progress, cancellation).Run();
    }

    /// <summary>
    /// Removes what no snapshot needs. Stopped or killed at any point, all snapshots stay whole.
    /// </summary>
    /// <param name="options">How thoroughly.</param>
    /// <param name="exclusive">The exclusive lock under which this is done.</param>
    /// <param name="progress">Told how many bytes have been repacked.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="RepositoryDataException">Something that a snapshot needs is missing; nothing was removed.</exception>
    public PruneReport Prune(
        PruneOptions options,
        RepositoryLock exclusive,
        IProgress<RepositoryProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        Require(exclusive);
        return new RepositoryPrune(this, options, progress, cancellation).Run();
    }
}
