using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>One restore, from the store's lock to the last sync.</summary>
internal sealed class RestoreRun(
    RestorePlan plan, ProgressTracker tracker, Action<string> reached, CancellationToken cancellation)
{
    private const int PrivateDirectory = 0x1c0;

    private readonly RestoreRequest _request = plan.Request;

    public RestoreResult Execute()
    {
        string pinned = plan.Snapshot.ManifestPath.Length > 0 ? plan.Snapshot.ManifestPath : plan.Snapshot.SnapshotPath;
        using LocatedSnapshots located = SnapshotLocator.Open(pinned, _request.Credential, cancellation);
        using IStoreLock storeLock = located.Store.Lock(StoreUse.Read, NewSnapshotRequest.DefaultLockTimeout, cancellation);
        StoredSnapshot snapshot = Find(located, pinned);
        bool recovered = Recover();
        RestorePreparation preparation = RestorePreparation.Create(
            located.Store, snapshot, _request with { Target = plan.Target }, static _ => { }, cancellation);
        if (plan.Previous is null && !recovered && preparation.Target is { Standing: not null, IsEmpty: false })
        {
            throw new BackupException(
                ErrorId.TargetExists,
                $"Something has appeared at '{plan.Target}' since this restore was planned. Nothing was changed. Look at it, and restore again.",
                plan.Target);
        }

        IReadOnlyList<string> made = MissingParents.Make(preparation.Target.ParentPath);
        try
        {
            using ISnapshotReader reader = located.Store.Open(snapshot);
            return Restore(reader, preparation, storeLock);
        }
        catch
        {
            MissingParents.Remove(made);
            throw;
        }
    }

    // Where a link stands now, a directory may have stood when an earlier restore was interrupted.
    private bool Recover()
    {
        string given = Path.TrimEndingDirectorySeparator(Path.GetFullPath(_request.Target));
        bool recovered = RestoreIntent.Recover(plan.Target, tracker);
        return (given != plan.Target && RestoreIntent.Recover(given, tracker)) || recovered;
    }

    private static StoredSnapshot Find(LocatedSnapshots located, string pinned) => located.Named
        ?? throw new BackupException(ErrorId.SnapshotNotFound, $"The snapshot '{pinned}' is gone. Nothing was changed.", pinned);

    private RestoreResult Restore(ISnapshotReader reader, RestorePreparation preparation, IStoreLock storeLock)
    {
        RestoreTarget target = preparation.Target;
        using DirectoryHandle parent = DirectoryHandle.Open(target.ParentPath);
        using DirectoryHandle home = target.IsFixed ? DirectoryHandle.Open(target.Path) : parent.Retain();
        string run = RestoreNames.NewRun();
        string stage = target.IsFixed ? RestoreNames.StageWithin(run) : RestoreNames.Stage(target.Name, run);
        bool isByEntry = RestorePreparation.IsByEntry(target, _request.Overlay);
        SwapKind kind = !preparation.IsDirectory ? SwapKind.Database : isByEntry ? SwapKind.Entries : SwapKind.Directory;
        Timestamp before = home.GetStatus().Modified;
        RecordLine first = new()
        {
            Version = RestoreRecord.Version,
            Swap = kind,
            Stage = stage,
            Modified = target.IsFixed ? before.ToString() : null,
        };
        using RestoreRecord record = RestoreRecord.Create(home, target.RecordName, first);
        RestoreResult result;
        try
        {
            tracker.Begin("Restoring", preparation.Bytes);
            result = kind == SwapKind.Database
                ? RestoreDatabase(reader, preparation, storeLock, parent, stage, record)
                : RestoreDirectory(reader, preparation, storeLock, parent, home, stage, record);
        }
        catch (Exception e)
        {
            CleanUp(e, home, stage, record);
            SetTime(parent, target, before);
            throw;
        }

        try
        {
            Timestamp after = home.GetStatus().Modified;
            StageRemoval.Remove(home, EntryName.FromText(stage));
            record.Remove(home);
            SetTime(parent, target, after);
        }
        catch (FileSystemException e)
        {
            record.TryFinish();
            tracker.Warn($"The restore is done, but what it used could not all be removed: {e.Message}. The next restore there removes it.");
        }

        return result;
    }

    // The plan, which is made first, has told of whoever held the target open then.
    private void WarnOfNews(string text)
    {
        if (!plan.Warnings.Contains(text))
        {
            tracker.Warn(text);
        }
    }

    // What a restore puts into a fixed target and takes out again changes the target's own time.
    private void SetTime(DirectoryHandle parent, RestoreTarget target, Timestamp time)
    {
        if (!target.IsFixed)
        {
            return;
        }

        try
        {
            parent.SetModified(EntryName.FromText(target.Name), time);
        }
        catch (FileSystemException e)
        {
            tracker.Warn($"The time of the directory itself was not set: {e.Message}.", target.Path);
        }
    }

    // A record that still tells of touched things stays: the next restore follows it.
    private static void CleanUp(Exception cause, DirectoryHandle home, string stage, RestoreRecord record)
    {
        if (cause is BackupException { Id: ErrorId.RestoreInterrupted })
        {
            return;
        }

        try
        {
            StageRemoval.Remove(home, EntryName.FromText(stage));
            record.Remove(home);
        }
        catch (FileSystemException)
        {
            // The stage is hidden and private, and its record tells the next restore of it.
        }
    }

    private RestoreResult RestoreDatabase(
        ISnapshotReader reader,
        RestorePreparation preparation,
        IStoreLock storeLock,
        DirectoryHandle parent,
        string stage,
        RestoreRecord record)
    {
        RestoreTarget target = preparation.Target;
        EntryName name = EntryName.FromText(target.Name);
        bool isVerified = new DatabaseStager(reader, _request.SkipVerify, WriteMethod.Direct, tracker, cancellation)
            .Run(parent, EntryName.FromText(stage), name);
        storeLock.Confirm(cancellation);
        cancellation.ThrowIfCancellationRequested();
        reached("staged");
        TargetAcceptance.CheckUse(target, _request, WarnOfNews);
        string[] leftovers = preparation.Leftovers();
        bool isKept = Guard(preparation, record, stage, () => DatabaseSwap.Install(parent, name, stage, preparation.SafetyName, record, reached));
        foreach (string suffix in leftovers)
        {
            string kept = Path.Join(target.HomePath, preparation.SafetyName + suffix);
            tracker.Warn($"'{target.Path}{suffix}' stood there without its database; it is kept as '{kept}'.", kept);
        }

        return new RestoreResult(
            preparation.Snapshot.SnapshotPath,
            target.Path,
            isKept ? Path.Join(target.HomePath, preparation.SafetyName) : null,
            preparation.Bytes,
            preparation.Snapshot.Manifest.EntryCount,
            isVerified);
    }

    private RestoreResult RestoreDirectory(
        ISnapshotReader reader,
        RestorePreparation preparation,
        IStoreLock storeLock,
        DirectoryHandle parent,
        DirectoryHandle home,
        string stage,
        RestoreRecord record)
    {
        RestoreTarget target = preparation.Target;
        EntryName name = EntryName.FromText(target.Name);
        bool isByEntry = RestorePreparation.IsByEntry(target, _request.Overlay);
        StagedTree staged = Stage(reader, preparation.Selection, home, EntryName.FromText(stage), completeRoot: !isByEntry);
        storeLock.Confirm(cancellation);
        reached("staged");
        TargetAcceptance.CheckUse(target, _request, WarnOfNews);
        bool isKept = Guard(preparation, record, stage, () => isByEntry
            ? EntrySwap.Install(
                new EntrySwapPlace(parent, name, home, stage, preparation.SafetyName),
                record,
                preparation.Selection is null ? staged.Root : null,
                _request.Overlay,
                tracker,
                reached,
                cancellation)
            : DirectorySwap.Install(parent, name, stage, preparation.SafetyName, record, reached));
        return new RestoreResult(
            preparation.Snapshot.SnapshotPath,
            target.Path,
            isKept ? Path.Join(target.HomePath, preparation.SafetyName) : null,
            staged.Bytes,
            staged.Entries,
            staged.IsVerified && !_request.SkipVerify) { NotRestored = staged.NotRestored };
    }

    private StagedTree Stage(
        ISnapshotReader reader, IncludeSelection? selection, DirectoryHandle home, EntryName stage, bool completeRoot)
    {
        home.CreateDirectory(stage, PrivateDirectory);
        StagedTree staged;
        StagingRules rules = new() { SkipVerify = _request.SkipVerify, CompleteRoot = completeRoot };
        using (TreeStager stager = new(reader, selection, rules, tracker, cancellation))
        {
            staged = stager.Run(home, stage);
        }

        tracker.Begin("Writing to disk");
        tracker.Add(plan.Target, 0);
        using DirectoryHandle directory = home.OpenDirectory(stage);
        if (!directory.TrySyncFileSystem())
        {
            directory.SyncTree();
        }

        cancellation.ThrowIfCancellationRequested();
        return staged;
    }

    // The swaps undo what they did before they let an error out; where that fails, too, the record has to stay. It tells of
    // nothing where nothing stood.
    private static bool Guard(RestorePreparation preparation, RestoreRecord record, string stage, Func<bool> swap)
    {
        try
        {
            return swap();
        }
        catch (UnconfirmedInstallException e)
        {
            string path = preparation.Target.Path;
            throw new BackupException(
                ErrorId.InputOutput,
                $"'{path}', where nothing stood, was restored and stands there whole, but it could not be made durable ({e.Cause.Message}), " +
                $"nor be taken back ({e.Message}): a power cut may still take it. Look at the disk, and restore again: what stands there " +
                "then is kept beside it.",
                path,
                e);
        }
        catch (RollbackException e)
        {
            RestoreTarget target = preparation.Target;
            string outcome = e.InnerException is IncompleteUndoException
                ? $"was undone but for this: {e.Message}"
                : $"could not be undone: {e.Message}. Nothing that stood there is lost: it is at its place, in " +
                  $"'{Path.Join(target.HomePath, preparation.SafetyName)}' or in '{Path.Join(target.HomePath, stage)}'.";
            throw new BackupException(
                ErrorId.RestoreInterrupted,
                $"The restore to '{target.Path}' failed ({e.Cause.Message}), and {outcome} Put that right, and restore again: that " +
                $"follows the record '{record.Path}' and undoes the rest first. Until then no snapshot is taken of this place.",
                target.Path,
                e);
        }
    }
}
