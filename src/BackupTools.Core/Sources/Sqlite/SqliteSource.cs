using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Directories;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>A single database as a source.</summary>
internal sealed class SqliteSource : ISnapshotSource
{
    private readonly DatabaseLocation _location;
    private readonly long _size;

    /// <summary>Takes over a database.</summary>
    /// <param name="path">Full path as it was named.</param>
    /// <param name="location">Where it stands.</param>
    /// <param name="size">Its size in bytes, its log not counted.</param>
    public SqliteSource(string path, DatabaseLocation location, long size)
    {
        Path = path;
        _location = location;
        _size = size;
    }

    public string Kind => SnapshotKind.Sqlite;

    public string Path { get; }

    public long? Bytes => _size;

    public long Measure(string store, NewSnapshotRequest request, CancellationToken cancellation) => _size;

    public SnapshotManifest Capture(
        SnapshotManifest draft,
        ISnapshotWriter writer,
        string store,
        NewSnapshotRequest request,
        ProgressTracker progress,
        CancellationToken cancellation)
    {
        WarnOfDroppedMetadata(progress);
        if (TryReuse(draft, writer, request) is { } same)
        {
            progress.Verbose($"'{Path}' is as it was at the last snapshot.", Path);
            return same;
        }

        string? state = SourceState.Read(_location, DateTime.UtcNow);
        string scratch = ScratchFile.Create(writer.ScratchPath, "database.db");
        DatabaseCaptureResult captured = DatabaseCapture.Run(_location, scratch, request.Capture, progress, cancellation);
        if (captured.Method == CaptureMethod.Raw)
        {
            RefuseRawWithSidecars(captured);
        }

        progress.Begin("Checking", null);
        progress.Add(Path, 0);

        // Side by side: the store keeps one core busy, the check another, and the disk writes back meanwhile.
        Task<StoredContent> storing = Task.Run(
            () => writer.StoreDatabase(scratch, captured.Sha256, cancellation), CancellationToken.None);
        Task<(IReadOnlyList<SnapshotSection>, IReadOnlyList<SnapshotProblem>)> counts = Task.Run(
            () => captured.Method == CaptureMethod.Raw ? ([], []) : DatabaseInspector.Count(scratch, cancellation),
            CancellationToken.None);
        SnapshotCheck check;
        try
        {
            check = captured.Method == CaptureMethod.Raw
                ? new SnapshotCheck("none", CheckResult.Unverifiable, captured.RawReason)
                : DatabaseInspector.Check(scratch, request.Check, cancellation);
        }
        finally
        {
            // The scratch file goes when an error leaves here, so nobody may still read it.
            Task.WhenAll(storing, counts).ContinueWith(static _ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }

        (IReadOnlyList<SnapshotSection> sections, IReadOnlyList<SnapshotProblem> uncounted) = counts.GetAwaiter().GetResult();
        StoredContent stored = storing.GetAwaiter().GetResult();
        SnapshotManifest manifest = Describe(draft, captured, scratch) with
        {
            Bytes = stored.Bytes,
            EntryCount = sections.Sum(static section => section.EntryCount),
            Sections = sections,
            Check = check,
            Skipped = uncounted,
        };
        ListingEntry entry = Entry(captured.Source, stored, captured.Method, captured.CapturedAt, check) with
        {
            SourceState = captured.Method == CaptureMethod.Raw ? null : state,
        };
        writer.AdoptDatabase(entry, scratch);
        return manifest;
    }

    public void Dispose() => _location.Directory.Dispose();

    private SnapshotManifest? TryReuse(SnapshotManifest draft, ISnapshotWriter writer, NewSnapshotRequest request)
    {
        if (writer.FindKnownDatabase() is not { File.Database: { } database } known
            || !database.Answers(request.Capture, request.Check)
            || !_location.Directory.TryGetStatus(_location.Name, out FileStatus status)
            || !SourceState.IsUnchanged(_location, database.SourceState))
        {
            return null;
        }

        DateTime now = DateTime.UtcNow;
        StoredContent content = known.File.Content;
        writer.AdoptDatabase(
            Entry(status, content, database.Capture, now, database.Check) with { SourceState = database.SourceState }, null);
        SnapshotManifest before = known.Manifest;
        return draft with
        {
            CreatedAt = now,
            SourceDb = draft.Source,
            Bytes = content.Bytes,
            File = before.File,
            Sqlite = before.Sqlite is { } facts ? facts with { LockedMs = null } : null,
            EntryCount = before.EntryCount,
            Sections = before.Sections,
            Check = before.Check,
            Skipped = before.Skipped,
        };
    }

    private ListingEntry Entry(
        in FileStatus status, StoredContent content, CaptureMethod capture, DateTime capturedAt, SnapshotCheck? check) =>
        new EntryMetadata().Create(TreePath.Root.Append(EntryName.FromText(System.IO.Path.GetFileName(Path))), status, []) with
        {
            Bytes = content.Bytes,
            Sha256 = content.Sha256,
            Pieces = content.Pieces,
            Capture = capture,
            CapturedAt = capturedAt,
            Check = check,
        };

    private void WarnOfDroppedMetadata(ProgressTracker progress)
    {
        DroppedMetadata.WarnOfSystem(Path, progress);

        // Registered, because closing the descriptor must not drop the locks of another run in this process.
        if (_location.Directory.TryGetStatus(_location.Name, out FileStatus status))
        {
            using IDisposable registration = OpenDatabases.Register(status.Identity);
            using FileHandle file = _location.Directory.OpenFile(_location.Name);
            DroppedMetadata.WarnOfAttributes(Path, file.GetAttributes(), progress);
        }
    }

    private static SnapshotManifest Describe(SnapshotManifest draft, DatabaseCaptureResult captured, string scratch)
    {
        SqliteInfo info = DatabaseInspector.ReadInfo(scratch);
        OwnerNames owners = new();
        bool isWindows = OperatingSystem.IsWindows();
        FileStatus status = captured.Source;
        SnapshotManifest manifest = draft with
        {
            CreatedAt = captured.CapturedAt,
            SourceDb = draft.Source,
            File = new SourceFileInfo
            {
                Mode = isWindows ? null : Convert.ToString(status.Mode, 8).PadLeft(4, '0'),
                Uid = isWindows ? null : status.Uid,
                Gid = isWindows ? null : status.Gid,
                Owner = isWindows ? null : owners.User(status.Uid),
                Group = isWindows ? null : owners.Group(status.Gid),
                Modified = status.Modified.ToString(),
            },
            Sqlite = info with
            {
                JournalMode = captured.IsWal ? "wal" : "delete",
                Capture = captured.Method,
                LockedMs = captured.LockedMs,
            },
        };
        if (captured.Method != CaptureMethod.Raw)
        {
            return manifest;
        }

        return manifest with
        {
            Incomplete = true,
            Errors = [new SnapshotProblem(".", $"SQLite cannot read it ({captured.RawReason}): copied raw, unverifiable")],
        };
    }

    // A database snapshot has one file; what lies in a log beside it would be lost.
    private void RefuseRawWithSidecars(DatabaseCaptureResult captured)
    {
        foreach (string suffix in DatabaseFile.SidecarSuffixes)
        {
            if (_location.Directory.TryGetStatus(DatabaseFile.Sidecar(_location.Name, suffix), out FileStatus status) && status.Size > 0)
            {
                throw new BackupException(
                    ErrorId.CaptureFailed,
                    $"SQLite cannot read '{Path}' ({captured.RawReason}), and a '{suffix}' file of {status.Size} bytes stands beside it. " +
                    "Nothing was captured. Take a snapshot of the directory, which keeps them together.",
                    Path);
            }
        }
    }
}
