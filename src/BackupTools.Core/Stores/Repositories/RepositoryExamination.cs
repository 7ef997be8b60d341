using System.Globalization;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Maintenance;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Looks at what snapshots consist of, once for all of them: what they share is read once.</summary>
internal static class RepositoryExamination
{
    /// <summary>Checks a repository as far as snapshots need it.</summary>
    /// <param name="repository">The repository, locked.</param>
    /// <param name="exclusive">The lock, where it is exclusive.</param>
    /// <param name="snapshots">The snapshots.</param>
    /// <param name="withContent">Whether every blob is read.</param>
    /// <param name="isIndexReadNow">Whether the index was read just now, and need not be again.</param>
    /// <param name="progress">Hears of bytes read.</param>
    /// <param name="cancellation">Stops it.</param>
    public static StoreExamination Run(
        Repository repository,
        RepositoryLock? exclusive,
        IEnumerable<StoredSnapshot> snapshots,
        bool withContent,
        bool isIndexReadNow,
        ProgressTracker progress,
        CancellationToken cancellation)
    {
        List<ObjectId> ids = [];
        foreach (StoredSnapshot snapshot in snapshots)
        {
            if (ObjectId.TryParse(snapshot.Manifest.Snapshot, out ObjectId id))
            {
                ids.Add(id);
            }
        }

        // Of all of them, what no snapshot needs is read as well.
        bool isAll = new HashSet<ObjectId>(ids).IsSupersetOf(repository.ListSnapshots(cancellation));
        progress.Begin(withContent ? "Reading packs" : "Reading trees");
        CheckOptions options = new() { ReadData = withContent, Snapshots = isAll ? null : ids, TrustsLoadedIndex = isIndexReadNow };
        string location = repository.Backend.Location;
        CheckReport report = repository.Check(options, exclusive, Report(progress, location), cancellation);
        return new StoreExamination(
            TellOfStore(report),
            report.Damages.Where(static damage => damage.Snapshot is not null)
                .GroupBy(static damage => damage.Snapshot!.Value)
                .ToDictionary(
                    group => RepositoryLocation.PathOf(location, group.Key.ToString()),
                    static group => (IReadOnlyList<string>)[.. group.Select(static damage => damage.Message)]));
    }

    /// <summary>Hands progress on. Not <see cref="Progress{T}"/>, which tells late and on other threads.</summary>
    public static IProgress<RepositoryProgress> Report(ProgressTracker progress, string path) => new Relay(progress, path);

    private static List<string> TellOfStore(CheckReport report)
    {
        List<string> problems = [];
        foreach (Damage damage in report.Damages.Where(static damage => damage.Snapshot is null))
        {
            problems.Add(damage.File?.Type == RepositoryFileType.Index
                ? $"{RepositoryErrors.Ended(damage.Message)} {RepositoryErrors.RepairAdvice}"
                : damage.Message);
        }

        // By themselves they are what a killed run leaves; an index file that is missing is told by nothing else.
        if (report.UnindexedPacks > 0 && report.DamagedSnapshots.Count > 0)
        {
            problems.Add(
                $"Packs are in no index: {report.UnindexedPacks.ToString(CultureInfo.InvariantCulture)}. Snapshots lack what may be " +
                $"in them: {RepositoryErrors.RepairAdvice}");
        }

        return problems;
    }

    private sealed class Relay(ProgressTracker progress, string path) : IProgress<RepositoryProgress>
    {
        private long _done;

        public void Report(RepositoryProgress value)
        {
            // From several threads, perhaps out of order.
            long before = Interlocked.Exchange(ref _done, value.Done);
            progress.Add(path, value.Done - before);
        }
    }
}
