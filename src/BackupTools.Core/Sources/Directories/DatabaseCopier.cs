using System.Globalization;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Directories;

/// <summary>Captures the databases of a tree: through a private file, checked and hashed before it joins the payload.</summary>
internal sealed class DatabaseCopier
{
    // One for all copiers: each worker of a capture has its own, and they share the scratch place.
    private static int s_count;

    private readonly ISnapshotWriter _writer;
    private readonly CaptureMethod _method;
    private readonly CheckLevel _check;
    private readonly EntryMetadata _metadata;
    private readonly ProgressTracker _progress;
    private readonly CancellationToken _cancellation;

    public DatabaseCopier(
        ISnapshotWriter writer,
        CaptureMethod method,
        CheckLevel check,
        EntryMetadata metadata,
        ProgressTracker progress,
        CancellationToken cancellation)
    {
        _writer = writer;
        _method = method;
        _check = check;
        _metadata = metadata;
        _progress = progress;
        _cancellation = cancellation;
    }

    public ItemFate Copy(TreeItem item, List<KeyValuePair<string, byte[]>> attributes, List<SnapshotProblem> errors)
    {
        TreeDirectory directory = item.Directory!;
        string scratch = ScratchFile.Create(
            _writer.ScratchPath, string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref s_count)}.db"));
        try
        {
            DatabaseLocation location = LocationOf(item);
            string? state = SourceState.Read(location, DateTime.UtcNow);
            DatabaseCaptureResult captured;
            try
            {
                captured = DatabaseCapture.Run(location, scratch, _method, _progress, _cancellation);
            }
            catch (BackupException e)
            {
                errors.Add(new SnapshotProblem(item.Path.Text, e.Message));
                return ItemFate.Missing;
            }
            catch (SqliteException e)
            {
                errors.Add(new SnapshotProblem(item.Path.Text, "SQLite: " + e.Message));
                return ItemFate.Missing;
            }

            SnapshotCheck check = Check(scratch, captured, directory.Payload, out StoredContent stored);
            item.Entry = _metadata.Create(item.Path, captured.Source, attributes) with
            {
                Bytes = stored.Bytes,
                Sha256 = stored.Sha256,
                Pieces = stored.Pieces,
                SourceState = captured.Method == CaptureMethod.Raw ? null : state,
                Capture = captured.Method,
                CapturedAt = captured.CapturedAt,
                Check = check,
            };
            directory.Payload.AdoptDatabase(scratch, item.Name);
            _progress.Add(item.Path, 0, 1);
            if (captured.Method != CaptureMethod.Raw)
            {
                return ItemFate.Captured;
            }

            errors.Add(new SnapshotProblem(item.Path.Text, $"SQLite cannot read it ({captured.RawReason}): copied raw, unverifiable"));
            return ItemFate.Copied;
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    /// <summary>Takes a database over from an earlier snapshot, if nothing about it has changed since.</summary>
    /// <returns><see langword="null"/> where it has to be captured.</returns>
    public ItemFate? TryReuse(TreeItem item, KnownFile known)
    {
        CapturedDatabase database = known.Database!;
        if (!database.Answers(_method, _check) || !SourceState.IsUnchanged(LocationOf(item), database.SourceState))
        {
            return null;
        }

        item.Entry = _metadata.Create(item.Path, item.Status, known.ExtendedAttributes) with
        {
            Bytes = known.Content.Bytes,
            Sha256 = known.Content.Sha256,
            Pieces = known.Content.Pieces,
            SourceState = database.SourceState,
            Capture = database.Capture,
            CapturedAt = DateTime.UtcNow,
            Check = database.Check,
        };
        _progress.Add(item.Path, known.Content.Bytes, 1);
        return ItemFate.Captured;
    }

    private static DatabaseLocation LocationOf(TreeItem item) =>
        new(item.Directory!.Source, item.Name, item.Directory.FullPathOf(item.Name));

    private SnapshotCheck Check(
        string scratch, DatabaseCaptureResult captured, IPayloadDirectory payload, out StoredContent stored)
    {
        if (captured.Method == CaptureMethod.Raw)
        {
            stored = payload.StoreDatabase(scratch, captured.Sha256, _cancellation);
            return new SnapshotCheck("none", CheckResult.Unverifiable, captured.RawReason);
        }

        Task<StoredContent> storing = Task.Run(
            () => payload.StoreDatabase(scratch, captured.Sha256, _cancellation), CancellationToken.None);
        try
        {
            return DatabaseInspector.Check(scratch, _check, _cancellation);
        }
        finally
        {
            stored = storing.GetAwaiter().GetResult();
        }
    }
}
