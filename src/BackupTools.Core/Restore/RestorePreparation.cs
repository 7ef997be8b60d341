using System.Globalization;
using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Directories;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>Everything about a restore that is found out before anything is written.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Target">The target as it stands.</param>
/// <param name="Selection">Which part; <see langword="null"/> means all.</param>
/// <param name="SafetyName">A free name for the safety copy.</param>
/// <param name="Bytes">Bytes to write.</param>
internal sealed record RestorePreparation(
    StoredSnapshot Snapshot, RestoreTarget Target, IncludeSelection? Selection, string SafetyName, long Bytes)
{
    // What a small file takes beyond its bytes: the rest of its last block and its directory entry, on average.
    private const long OverheadPerEntry = 2048;

    /// <summary>Whether a directory, rather than a database, is restored.</summary>
    public bool IsDirectory => Snapshot.Manifest.Kind == SnapshotKind.Directory;

    /// <summary>Whether entries are moved one by one.</summary>
    public static bool IsByEntry(RestoreTarget target, bool overlay) =>
        target.Standing == EntryType.Directory && (target.IsFixed || overlay);

    /// <summary>Checks everything that can be checked without writing.</summary>
    /// <param name="store">The store.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="warn">Hears of risks.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="BackupException">It cannot be done; nothing was changed.</exception>
    public static RestorePreparation Create(
        ISnapshotStore store, StoredSnapshot snapshot, RestoreRequest request, Action<string> warn, CancellationToken cancellation)
    {
        using ISnapshotReader reader = store.Open(snapshot);
        SnapshotAcceptance.Check(reader, request, warn);
        bool isDirectory = snapshot.Manifest.Kind == SnapshotKind.Directory;
        if (!isDirectory && (request.Overlay || PathPatterns.Parse(request.Include) is { IsEmpty: false }))
        {
            throw new BackupException(
                ErrorId.InvalidArgument,
                $"'{snapshot.SnapshotPath}' is the snapshot of a database, which is restored as a whole: including parts and " +
                "overlaying are for directories. Nothing was changed.",
                snapshot.SnapshotPath);
        }

        RestoreTarget target = RestoreTarget.Look(request.Target);
        TargetAcceptance.CheckPlace(store, snapshot, target, request);
        TargetAcceptance.CheckKind(snapshot, target);
        bool isStanding = target.Standing == EntryType.Directory && !target.IsEmpty;
        if (isDirectory && isStanding && request.Include.Count > 0 && !request.Overlay)
        {
            throw new BackupException(
                ErrorId.TargetExists,
                $"'{target.Path}' stands already, and a part of a snapshot cannot take the place of a whole directory. Nothing " +
                "was changed. Overlay it (--overlay, -Overlay), or restore the part elsewhere.",
                target.Path);
        }

        IncludeSelection? selection = Select(reader, request, cancellation);
        if (isDirectory && isStanding && !request.Overlay && selection is null
            && snapshot.Manifest is { Origin: ManifestOrigin.BackupTools, EntryCount: 0, Id.Length: > 0 })
        {
            throw new BackupException(
                ErrorId.NothingToRestore,
                $"The snapshot '{snapshot.SnapshotPath}' is of an empty directory, and '{target.Path}' is not empty. Nothing was " +
                "changed. Use another snapshot, or remove what stands there.",
                snapshot.SnapshotPath);
        }

        TargetAcceptance.CheckUse(target, request, warn);
        long bytes = selection?.Bytes ?? reader.Measure(cancellation);
        long entries = isDirectory ? selection?.Entries ?? snapshot.Manifest.EntryCount ?? 0 : 1;
        FreeSpace.Require(
            ExistingParent(target.HomePath), SaturatingSum(bytes, entries), $"restore '{snapshot.SnapshotPath}' to '{target.Path}'");
        return new RestorePreparation(snapshot, target, selection, FreeSafetyName(target), bytes);
    }

    /// <summary>
    /// What stands beside a target that itself is missing, by what it adds to the name: a log may be all that is left of a
    /// database.
    /// </summary>
    public string[] Leftovers() => IsDirectory || Target.Standing is not null
        ? []
        : [.. DatabaseFile.SidecarSuffixes.Where(suffix => Path.Exists(Target.Path + suffix))];

    /// <summary>The plan as people and front ends see it.</summary>
    public RestorePlan ToPlan(RestoreRequest request)
    {
        bool willVerify = !request.SkipVerify && Snapshot.Manifest.Sha256 is not null;
        string size = ByteCount.Format(Bytes);
        List<string> steps = [];
        if (RestoreIntent.IsLeftAt(Target))
        {
            steps.Add($"Finish or undo the restore to '{Target.Path}' that was interrupted.");
        }

        steps.Add(willVerify
            ? $"Copy {size} from '{Snapshot.SnapshotPath}' to a hidden place in '{Target.HomePath}', comparing every byte with the SHA-256 of {(IsDirectory ? "the listing" : "the manifest")}."
            : $"Copy {size} from '{Snapshot.SnapshotPath}' to a hidden place in '{Target.HomePath}' without verification.");
        string? previous = WillKeep() ? Path.Join(Target.HomePath, SafetyName) : null;
        steps.AddRange(SwapSteps(request, previous));
        return new RestorePlan
        {
            Snapshot = Snapshot,
            Target = Target.Path,
            Previous = previous,
            Bytes = Bytes,
            WillVerify = willVerify,
            Steps = steps,
            Request = request,
        };
    }

    private static IncludeSelection? Select(ISnapshotReader reader, RestoreRequest request, CancellationToken cancellation)
    {
        StoredSnapshot snapshot = reader.Snapshot;
        if (snapshot.Manifest.Kind != SnapshotKind.Directory || request.Include.Count == 0)
        {
            return null;
        }

        IncludeSelection? selection = IncludeSelection.Create(reader, request.Include, !request.SkipVerify, cancellation);
        if (selection is { IsEmpty: true })
        {
            throw new BackupException(
                ErrorId.NothingToRestore,
                $"Nothing in the snapshot '{snapshot.SnapshotPath}' fits {string.Join(", ", request.Include.Select(pattern => $"'{pattern}'"))}. " +
                "Nothing was changed. Patterns work as in .gitignore.",
                snapshot.SnapshotPath);
        }

        return selection;
    }

    // A forged manifest may tell any number.
    private static long SaturatingSum(long bytes, long entries) =>
        (long)Math.Min(long.MaxValue / 2, Math.Max(bytes, 0) + ((double)Math.Max(entries, 0) * OverheadPerEntry));

    private static string ExistingParent(string path)
    {
        while (!Directory.Exists(path))
        {
            path = Path.GetDirectoryName(path)!;
        }

        return path;
    }

    private static string FreeSafetyName(RestoreTarget target)
    {
        string kind = target.Standing == EntryType.Directory ? SnapshotKind.Directory : SnapshotKind.Sqlite;
        string stamp = RestoreNames.Stamp(DateTime.UtcNow);
        for (int number = 1; ; number++)
        {
            string name = RestoreNames.SafetyCopy(target.Name, kind, stamp, number);
            string path = Path.Join(target.HomePath, name);
            string[] taken = [path, .. DatabaseFile.SidecarSuffixes.Select(suffix => path + suffix)];
            if (!taken.Any(Path.Exists))
            {
                return name;
            }
        }
    }

    private bool WillKeep() =>
        Target.Standing == EntryType.File || (Target.Standing == EntryType.Directory && !Target.IsEmpty);

    private IEnumerable<string> SwapSteps(RestoreRequest request, string? previous)
    {
        string linked = Target.LinkedFrom is { } link ? $" (where the link '{link}' leads)" : string.Empty;
        foreach (string suffix in Leftovers())
        {
            yield return $"Move '{Target.Path}{suffix}', which stands there without its database, to '{Path.Join(Target.HomePath, SafetyName + suffix)}'.";
        }

        if (previous is null)
        {
            yield return $"Put it at '{Target.Path}'{linked}, where {(Target.Standing is null ? "nothing" : "only an empty directory")} stands.";
        }
        else if (request.Overlay)
        {
            yield return $"Move it into '{Target.Path}'{linked}, and what it replaces there into '{previous}'.";
        }
        else if (IsByEntry(Target, request.Overlay))
        {
            yield return $"Move what stands in '{Target.Path}'{linked}, which cannot be renamed itself, into '{previous}'.";
            yield return $"Move the restored entries into '{Target.Path}'.";
        }
        else
        {
            string what = IsDirectory ? "the directory" : "the database with its sidecars";
            yield return string.Create(
                CultureInfo.InvariantCulture, $"Replace {what} '{Target.Path}'{linked}, keeping what stood there as '{previous}'.");
        }
    }
}
