using System.Globalization;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Maintenance;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>A store in a repository of restic's format: deduplicated, compressed, encrypted.</summary>
internal sealed class RepositoryStore : ISnapshotStore
{
    private const string Left = "Nothing was changed.";

    private readonly OpenRepository _open;
    private readonly RepositoryCredential _credential;
    private readonly bool _ownsCredential;
    private IReadOnlyList<StoredSnapshot> _listed = [];
    private RepositoryStoreLock? _lock;

    // Else it may have been damaged since, by whatever a run before this one did.
    private bool _isIndexReadNow;

    private RepositoryStore(OpenRepository open, RepositoryCredential credential, bool ownsCredential)
    {
        _open = open;
        _credential = credential;
        _ownsCredential = ownsCredential;
    }

    public string Path => _open.Path;

    public bool KeepsRoom => true;

    /// <summary>The repository.</summary>
    internal Repository Repository => _open.Repository;

    /// <summary>Opens a repository.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="credential">Where its password comes from; by default from the environment.</param>
    /// <param name="cancellation">Ends waiting for the password.</param>
    /// <exception cref="BackupException">It is damaged, or the password is missing or another one.</exception>
    public static RepositoryStore Open(string path, RepositoryCredential? credential, CancellationToken cancellation)
    {
        RepositoryCredential used = credential ?? new RepositoryCredential();
        try
        {
            return new RepositoryStore(used.Open(path, cancellation), used, credential is null);
        }
        catch when (credential is null)
        {
            used.Dispose();
            throw;
        }
    }

    public IStoreLock Lock(StoreUse use, TimeSpan timeout, CancellationToken cancellation) => Translate(() =>
    {
        _lock = RepositoryStoreLock.Acquire(Repository, use, timeout, cancellation);
        try
        {
            // What was known before may have been moved elsewhere by a pruning.
            LoadIndex(cancellation);
            return _lock;
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    });

    public IReadOnlyList<string> TakeWarnings()
    {
        List<string> warnings = [.. _open.IndexDamages.Select(damage =>
            $"{damage.Message} What only that index tells of cannot be found; what occurs again is stored again. {RepositoryErrors.RepairAdvice}")];
        if (!Repository.Compresses && Repository.Config.Version > 1)
        {
            warnings.Add(
                $"The system has no Zstandard library (libzstd), so what goes to the repository '{Path}' is not compressed. " +
                "Install it; what is there already stays as it is.");
        }

        return warnings.FindAll(_open.IsNews);
    }

    public IReadOnlyList<StoredSnapshot> List() => _listed = Translate(() =>
    {
        IReadOnlyList<ObjectId> ids = Repository.ListSnapshots();
        LoadIndex(CancellationToken.None);
        TravellingManifest manifests = new(Repository, Path);
        return ids.Select(manifests.Describe).OfType<StoredSnapshot>()
            .OrderBy(static snapshot => snapshot.Manifest.CreatedAt)
            .ThenBy(static snapshot => snapshot.SnapshotPath, StringComparer.Ordinal)
            .ToList();
    });

    public SnapshotIndex Index(Func<SnapshotManifest, bool> isWanted) =>
        SnapshotIndex.Of(List().Where(snapshot => isWanted(snapshot.Manifest)));

    /// <summary>The snapshot of an id, or of the beginning of one that no other has.</summary>
    /// <exception cref="BackupException"><see cref="ErrorId.SnapshotNotFound"/>, <see cref="ErrorId.SnapshotAmbiguous"/>.</exception>
    public StoredSnapshot Find(string beginning)
    {
        string path = RepositoryLocation.PathOf(Path, beginning);
        List<ObjectId> fitting =
        [
            .. Translate(() => Repository.ListSnapshots())
                .Where(id => id.ToString().StartsWith(beginning, StringComparison.OrdinalIgnoreCase)),
        ];
        if (fitting.Count > 1)
        {
            throw new BackupException(
                ErrorId.SnapshotAmbiguous,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{fitting.Count} snapshots of the repository '{Path}' begin with '{beginning}'. {Left} Give more of the id; {CommandNames.List} shows it."),
                path);
        }

        StoredSnapshot? found = fitting.Count == 0 ? null : Translate(() =>
        {
            LoadIndex(CancellationToken.None);
            return new TravellingManifest(Repository, Path).Describe(fitting[0]);
        });
        return found ?? throw new BackupException(
            ErrorId.SnapshotNotFound,
            $"There is no snapshot '{beginning}' in the repository '{Path}'. {Left} {CommandNames.List} shows what it holds.",
            path);
    }

    public bool Exists(StoredSnapshot snapshot) => File.Exists(snapshot.SnapshotPath);

    public bool IsPartOfSnapshot(string path) =>
        (path + System.IO.Path.DirectorySeparatorChar).StartsWith(
            Path + System.IO.Path.DirectorySeparatorChar,
            OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    public ISnapshotReader Open(StoredSnapshot snapshot) => new RepositorySnapshotReader(Repository, snapshot, _open.RecentRoot);

    public ISnapshotWriter Create(SnapshotManifest draft) => new RepositorySnapshotWriter(
        Repository, Path, ParentSnapshot.Find(Repository, _listed, draft), End);

    public bool IsReadByExamination => true;

    public StoreExamination Examine(
        IEnumerable<StoredSnapshot> snapshots, bool withContent, ProgressTracker progress, CancellationToken cancellation) =>
        Translate(() => RepositoryExamination.Run(
            Repository, _lock?.Exclusive, snapshots, withContent, _isIndexReadNow, progress, cancellation));

    public void Remove(StoredSnapshot snapshot)
    {
        if (snapshot.State == SnapshotState.Damaged || !ObjectId.TryParse(snapshot.Manifest.Snapshot, out ObjectId id))
        {
            throw new BackupException(
                ErrorId.SnapshotDamaged,
                $"The snapshot '{snapshot.SnapshotPath}' is not removed: it is damaged. {Left} Remove that file by hand if it is of no use.",
                snapshot.SnapshotPath);
        }

        if (!Translate(() => Repository.RemoveSnapshot(id, Exclusive())))
        {
            throw new BackupException(
                ErrorId.SnapshotNotFound, $"The snapshot '{snapshot.SnapshotPath}' is gone already.", snapshot.SnapshotPath);
        }
    }

    public void Reclaim(ProgressTracker progress, CancellationToken cancellation)
    {
        progress.Begin("Reclaiming space");
        PruneReport report = RepositoryErrors.Translate(
            Path,
            "What snapshots need was left as it is.",
            () => Repository.Prune(new PruneOptions(), Exclusive(), RepositoryExamination.Report(progress, Path), cancellation));
        progress.Verbose(
            $"Freed {Durability.ByteCount.Format(report.BytesFreed)} of the repository; " +
            $"{Durability.ByteCount.Format(report.BytesUsed)} are in use, {Durability.ByteCount.Format(report.BytesUnused)} unused.",
            Path);
    }

    /// <summary>Makes the index anew. Needs a lock for removing.</summary>
    public RebuildReport RebuildIndex(ProgressTracker progress, CancellationToken cancellation) =>
        Repository.RebuildIndex(Exclusive(), RepositoryExamination.Report(progress, Path), cancellation);

    public void Dispose()
    {
        if (_ownsCredential)
        {
            _credential.Dispose();
        }
    }

    private void End(bool isPublished)
    {
        if (isPublished)
        {
            _open.ForgetIndex();
        }
        else
        {
            _credential.Close(_open);
        }
    }

    private void LoadIndex(CancellationToken cancellation) => _isIndexReadNow |= _open.LoadIndex(cancellation);

    private RepositoryLock Exclusive() =>
        _lock?.Exclusive ?? throw new InvalidOperationException("The repository is not locked for removing.");

    private T Translate<T>(Func<T> action) => RepositoryErrors.Translate(Path, Left, action);
}
