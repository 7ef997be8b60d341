using System.Globalization;
using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Directories;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Verification;

/// <summary>
/// Restores a snapshot into a private scratch place as a restore would, opens and checks each database there, compares
/// counts with the manifest's, and removes it all again.
/// </summary>
internal sealed class Rehearsal : IDisposable
{
    private const long OverheadPerEntry = 2048;

    private readonly ISnapshotReader _reader;
    private readonly SnapshotManifest _manifest;
    private readonly Findings _findings;
    private readonly ProgressTracker _tracker;
    private readonly CancellationToken _cancellation;
    private readonly DirectoryHandle _base;
    private readonly EntryName _scratchName = EntryName.FromText("backuptools-rehearsal-" + RestoreNames.NewRun());
    private readonly DirectoryHandle _scratch;

    /// <summary>Makes the scratch place.</summary>
    /// <param name="reader">The snapshot.</param>
    /// <param name="scratch">A directory to make it in, or <see langword="null"/> for the system's own.</param>
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="tracker">Hears of progress.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="BackupException">There is no such place, or no room.</exception>
    public Rehearsal(
        ISnapshotReader reader, string? scratch, Findings findings, ProgressTracker tracker, CancellationToken cancellation)
    {
        _reader = reader;
        _manifest = reader.Snapshot.Manifest;
        _findings = findings;
        _tracker = tracker;
        _cancellation = cancellation;
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(scratch ?? Path.GetTempPath()));
        long bytes = Math.Max(_manifest.Bytes ?? reader.Measure(cancellation), 0);
        double needed = bytes + ((double)Math.Max(_manifest.EntryCount ?? 0, 0) * OverheadPerEntry);
        FreeSpace.Require(
            path,
            _manifest.Kind == SnapshotKind.Sqlite ? bytes : (long)Math.Min(long.MaxValue / 2, needed),
            $"rehearse the restore of '{reader.Snapshot.SnapshotPath}' (another scratch place can be named)");
        try
        {
            _base = DirectoryHandle.Open(path);
            _base.CreateDirectory(_scratchName, 0x1c0);
            _scratch = _base.OpenDirectory(_scratchName);
        }
        catch (FileSystemException e)
        {
            throw new BackupException(
                ErrorId.InvalidArgument, $"The scratch place '{path}' cannot be used: {e.Message}. Name another one.", path, e);
        }
    }

    /// <summary>Rehearses the restore of a database.</summary>
    public void RunDatabase()
    {
        EntryName name = EntryName.FromText("database");
        new DatabaseStager(_reader, skipVerify: false, WriteMethod.Inline, _tracker, _cancellation).Run(_scratch, name, name);
        if (_manifest.Sqlite?.Capture == CaptureMethod.Raw)
        {
            return;
        }

        DatabaseInspection inspection = Inspect(name, _manifest.Check, "the database");
        if (_manifest.Origin == ManifestOrigin.BackupTools && _manifest.Check?.Result != CheckResult.Corrupt)
        {
            CompareTables(inspection);
        }
    }

    /// <summary>Rehearses the restore of a directory.</summary>
    public void RunDirectory()
    {
        EntryName name = EntryName.FromText("tree");
        _scratch.CreateDirectory(name, 0x1c0);
        SectionCounter listed = NewCounter();
        List<ListingEntry> databases = [];
        StagingRules rules = new()
        {
            // The databases in it are read again at once.
            Writing = WriteMethod.Inline,
            OnMismatch = _findings.Fail,
            OnEntry = entry =>
            {
                listed.Add(entry);
                if (entry.Capture is CaptureMethod.Exact or CaptureMethod.Vacuum)
                {
                    databases.Add(entry);
                }
            },
        };
        using (TreeStager stager = new(_reader, null, rules, _tracker, _cancellation))
        {
            stager.Run(_scratch, name);
        }

        using DirectoryHandle tree = _scratch.OpenDirectory(name);
        foreach (ListingEntry database in databases)
        {
            // Under a plain name, because SQLite is handed text, and not every name is.
            EntryName plain = EntryName.FromText("database");
            using (DirectoryHandle parent = tree.OpenPath(database.Path.Parent))
            {
                parent.Rename(database.Path.Name, _scratch, plain, RenameMode.NoReplace);
                Inspect(plain, database.Check, $"'{database.Path}'");
                _scratch.Rename(plain, parent, database.Path.Name, RenameMode.NoReplace);
            }
        }

        if (_manifest.Origin == ManifestOrigin.BackupTools)
        {
            CompareSections(tree, listed);
        }
    }

    public void Dispose()
    {
        _scratch.Dispose();
        StageRemoval.Remove(_base, _scratchName);
        _base.Dispose();
    }

    private DatabaseInspection Inspect(EntryName name, SnapshotCheck? recorded, string what)
    {
        CheckLevel level = recorded?.Level == "full" ? CheckLevel.Full : CheckLevel.Quick;
        DatabaseInspection inspection = DatabaseInspector.Inspect(Path.Join(_scratch.Path, name.Text), level, _cancellation);
        if (inspection.Check.Result == CheckResult.Corrupt && recorded?.Result != CheckResult.Corrupt)
        {
            _findings.Fail($"{what} is corrupt: {inspection.Check.Detail}");
        }
        else if (inspection.Check.Result == CheckResult.Unverifiable && recorded?.Result != CheckResult.Unverifiable)
        {
            _findings.CannotTell($"{what} cannot be checked here: {inspection.Check.Detail}");
        }

        return inspection;
    }

    private void CompareTables(DatabaseInspection inspection)
    {
        Dictionary<string, SnapshotSection> counts = ByName(inspection.Sections);
        foreach (SnapshotSection section in _manifest.Sections)
        {
            if (IsLossy(section))
            {
                continue;
            }

            if (counts.TryGetValue(section.Name, out SnapshotSection? found))
            {
                Compare($"the table '{section.Name}'", "rows", found.EntryCount, section.EntryCount);
            }
            else if (inspection.Uncounted.FirstOrDefault(problem => problem.Path == section.Name || problem.Path == ".") is { } uncounted)
            {
                _findings.CannotTell($"the table '{section.Name}' cannot be counted here: {uncounted.Reason}");
            }
            else
            {
                _findings.Fail($"the table '{section.Name}' is missing");
            }
        }
    }

    private void CompareSections(DirectoryHandle tree, SectionCounter listed)
    {
        SectionCounter restored = NewCounter();
        foreach (ListingEntry entry in PayloadWalk.Read(tree, null))
        {
            _cancellation.ThrowIfCancellationRequested();
            restored.Add(entry);
        }

        Compare("the snapshot", "entries", restored.EntryCount, _manifest.EntryCount ?? 0);
        Compare("the snapshot", "bytes", listed.Bytes, _manifest.Bytes ?? 0);
        Dictionary<string, SnapshotSection> byName = ByName(restored.ToList());
        foreach (SnapshotSection section in _manifest.Sections)
        {
            if (!IsLossy(section))
            {
                Compare($"the section '{section.Name}'", "entries", byName.GetValueOrDefault(section.Name)?.EntryCount ?? 0, section.EntryCount);
            }
        }
    }

    private static bool IsLossy(SnapshotSection section) => section.Name.Contains('\ufffd', StringComparison.Ordinal);

    // Names that are no Unicode can have one text between them; they are not compared.
    private static Dictionary<string, SnapshotSection> ByName(IReadOnlyList<SnapshotSection> sections)
    {
        Dictionary<string, SnapshotSection> byName = new(StringComparer.Ordinal);
        foreach (SnapshotSection section in sections)
        {
            byName[section.Name] = section;
        }

        return byName;
    }

    private SectionCounter NewCounter()
    {
        List<TreePath> named = [];
        foreach (SnapshotSection section in _manifest.Sections)
        {
            if (TreePath.TryCreate(section.Name, out TreePath path) && !path.IsRoot)
            {
                named.Add(path);
            }
        }

        return new SectionCounter(named);
    }

    private void Compare(string what, string unit, long found, long expected)
    {
        if (found != expected)
        {
            _findings.Fail(string.Create(CultureInfo.InvariantCulture, $"{what} has {found} {unit}, the manifest says {expected}"));
        }
    }
}
