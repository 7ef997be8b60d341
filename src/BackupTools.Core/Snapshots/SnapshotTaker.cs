using System.Reflection;
using BackupTools.Core.Restore;
using BackupTools.Core.Retention;
using BackupTools.Core.Sources;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Snapshots;

/// <summary>Takes snapshots.</summary>
public static class SnapshotTaker
{
    private const string Left = "No snapshot was made; the source and the store's snapshots are as they were.";

    /// <summary>The name of this program in manifests.</summary>
    private const string ToolName = "BackupTools";

    /// <summary>Takes one snapshot of one source, and removes older ones as far as <c>keep</c> says.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Hears of progress and decisions.</param>
    /// <param name="cancellation">Stops within a second and leaves no trace.</param>
    /// <returns>The snapshot; it may be incomplete or of a corrupt database, which its manifest says.</returns>
    /// <exception cref="BackupException">Nothing was made.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was made.</exception>
    public static NewSnapshotResult Take(NewSnapshotRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        Validate(request);
        string storePath = Path.GetFullPath(request.Store);
        ProgressTracker progress = new(observer);
        return ErrorTranslation.Run(storePath, Left, () =>
        {
            using ISnapshotSource source = Open(request);
            using ISnapshotStore store = SnapshotStores.OpenOrCreate(storePath, request.Credential, cancellation);
            using IStoreLock storeLock = store.Lock(StoreUse.Add, request.LockTimeout, cancellation);
            IReadOnlyList<StoredSnapshot> before = store.List();
            TellWarnings(store, progress);
            StoredSnapshot snapshot = Capture(source, store, before, request, progress, cancellation);
            TellWarnings(store, progress);
            return new NewSnapshotResult(snapshot, Thin(store, storeLock, before, snapshot, request, progress));
        });
    }

    /// <summary>Tells what <see cref="Take"/> would do now; nothing is written, no lock taken.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Hears of risks.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="BackupException">It could not be done.</exception>
    public static NewSnapshotPlan Plan(NewSnapshotRequest request, IRunObserver observer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        Validate(request);
        string storePath = Path.GetFullPath(request.Store);
        return ErrorTranslation.Run(storePath, Left, () =>
        {
            using ISnapshotSource source = Open(request);
            SnapshotManifest draft = Draft(source, request, DateTime.UtcNow);
            IReadOnlyList<StoredSnapshot> remove = [];
            if (Directory.Exists(storePath))
            {
                using ISnapshotStore store = SnapshotStores.OpenExisting(storePath, request.Credential, cancellation);
                remove = RetentionRules.PlanKeep(store.List(), draft.Series, KeepCount(request));
            }

            return new NewSnapshotPlan(source.Path, source.Kind, draft.Name, storePath, source.Measure(storePath, request, cancellation), remove);
        });
    }

    private static void TellWarnings(ISnapshotStore store, ProgressTracker progress)
    {
        foreach (string warning in store.TakeWarnings())
        {
            progress.Warn(warning, store.Path);
        }
    }

    private static int KeepCount(NewSnapshotRequest request) => request.Keep ?? NewSnapshotRequest.DefaultKeep;

    private static ISnapshotSource Open(NewSnapshotRequest request)
    {
        string path = Path.GetFullPath(request.Source);
        if (RestoreIntent.ExistsFor(path))
        {
            throw new BackupException(
                ErrorId.RestoreInterrupted,
                $"A restore to '{path}' was interrupted, so what stands there may be neither the old state nor the new one. " +
                "No snapshot was made. Run the restore again: it finishes or undoes what was begun.",
                path);
        }

        return SourceLocator.Open(path);
    }

    private static StoredSnapshot Capture(
        ISnapshotSource source,
        ISnapshotStore store,
        IReadOnlyList<StoredSnapshot> before,
        NewSnapshotRequest request,
        ProgressTracker progress,
        CancellationToken cancellation)
    {
        SnapshotManifest draft = Draft(source, request, DateTime.UtcNow);

        // What is to come is guessed from the last time where the source does not tell it.
        long? expected = source.Bytes ?? before.LastOrDefault(
            snapshot => snapshot.State == SnapshotState.Complete && snapshot.Manifest.Series == draft.Series)?.Manifest.Bytes;
        progress.Begin("Copying", expected);
        using ISnapshotWriter writer = store.Create(draft);
        SnapshotManifest manifest = source.Capture(draft, writer, store.Path, request, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        progress.Begin("Writing to disk", null);
        progress.Add(store.Path, 0);
        return writer.Publish(manifest);
    }

    private static SnapshotManifest Draft(ISnapshotSource source, NewSnapshotRequest request, DateTime now) => new()
    {
        Id = Guid.CreateVersion7(now).ToString(),
        Kind = source.Kind,
        Name = request.Name ?? SnapshotName.FromSource(source.Path, source.Kind),
        Snapshot = string.Empty,
        CreatedAt = now,
        Source = source.Path,
        Host = request.Host ?? Environment.MachineName,
        Tool = ToolName,
        Version = ToolVersion(),
        Bytes = 0,
        Tags = [.. request.Tags.Distinct(StringComparer.Ordinal)],
        Comment = request.Comment,
    };

    private static string ToolVersion() =>
        typeof(SnapshotTaker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private static List<StoredSnapshot> Thin(
        ISnapshotStore store,
        IStoreLock storeLock,
        IReadOnlyList<StoredSnapshot> before,
        StoredSnapshot made,
        NewSnapshotRequest request,
        ProgressTracker progress)
    {
        List<StoredSnapshot> removed = [];
        IReadOnlyList<StoredSnapshot> going = RetentionRules.DecideKeep(before, made, KeepCount(request));
        if (going.Count > 0 && !storeLock.TryAllowRemoval(out string? obstacle))
        {
            progress.Warn(
                $"{going.Count} older snapshot(s) of '{made.Manifest.Name}' stay for now: {obstacle}. The next run removes them.",
                store.Path);
            return removed;
        }

        foreach (StoredSnapshot old in going)
        {
            try
            {
                store.Remove(old);
                removed.Add(old);
                progress.Verbose($"Removed '{old.SnapshotPath}': older than the newest {KeepCount(request)}.", old.SnapshotPath);
            }
            catch (BackupException e)
            {
                progress.Warn($"The new snapshot is made, but the old one '{old.SnapshotPath}' could not be removed: {e.Message}", old.SnapshotPath);
            }
        }

        if (removed.Count > 0 && request.Keep is null)
        {
            progress.Warn($"Removed {removed.Count} older snapshot(s) of '{made.Manifest.Name}': without a number, {NewSnapshotRequest.DefaultKeep} are kept. " +
                "--keep 0 (-Keep 0) keeps all; prune (Remove-OldSnapshot) thins them out by policy.");
        }

        return removed;
    }

    private static void Validate(NewSnapshotRequest request)
    {
        string? problem =
            string.IsNullOrEmpty(request.Source) ? "no source is named"
            : string.IsNullOrEmpty(request.Store) ? "no store is named"
            : request.Keep < 0 ? "the number of snapshots to keep is negative"
            : request.Capture == CaptureMethod.Raw ? "raw is no capture to ask for; it is what is left where SQLite cannot read a file"
            : request.LockTimeout < TimeSpan.Zero ? "the lock timeout is negative"
            : request.Tags.Any(string.IsNullOrWhiteSpace) ? "a tag is empty"
            : request.Host is { } host && string.IsNullOrWhiteSpace(host) ? "the host is empty"
            : null;
        if (problem is not null)
        {
            throw new BackupException(ErrorId.InvalidArgument, $"The request cannot be carried out: {problem}. Nothing was changed.");
        }

        if (request.Name is not null)
        {
            SnapshotName.Check(request.Name);
        }
    }
}
