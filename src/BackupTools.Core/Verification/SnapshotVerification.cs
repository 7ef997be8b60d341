using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Verification;

/// <summary>The verification of one snapshot, under the store's lock.</summary>
internal sealed class SnapshotVerification(
    ISnapshotStore store,
    StoredSnapshot snapshot,
    VerifyRequest request,
    Findings findings,
    ProgressTracker tracker,
    CancellationToken cancellation)
{
    private readonly SnapshotManifest _manifest = snapshot.Manifest;

    public void Run()
    {
        if (snapshot.State == SnapshotState.Damaged)
        {
            findings.Fail(snapshot.Damage ?? "it is damaged");
            return;
        }

        tracker.Begin(request.Level == VerifyLevel.Rehearse ? "Rehearsing" : "Verifying", _manifest.Bytes > 0 ? _manifest.Bytes : null);
        TellRecordedCheck(_manifest.Check, _manifest.Sqlite?.Capture, "the database");
        using ISnapshotReader reader = store.Open(snapshot);
        if (_manifest.Kind == SnapshotKind.Sqlite)
        {
            VerifyDatabase(reader);
        }
        else
        {
            VerifyDirectory(reader);
        }
    }

    private void TellRecordedCheck(SnapshotCheck? check, CaptureMethod? capture, string what)
    {
        string detail = check?.Detail is { } text ? $": {text}" : string.Empty;
        if (check?.Result == CheckResult.Corrupt)
        {
            findings.Fail($"{what} was corrupt when the snapshot was taken{detail}");
        }
        else if (capture == CaptureMethod.Raw)
        {
            findings.CannotTell($"{what} was copied raw, because SQLite could not read it{detail}");
        }
        else if (check?.Result == CheckResult.Unverifiable)
        {
            findings.CannotTell($"{what} could not be checked when the snapshot was taken{detail}");
        }
    }

    private void VerifyDatabase(ISnapshotReader reader)
    {
        using (FileHandle file = reader.OpenDatabase())
        {
            long size = file.GetStatus().Size;
            if (size != _manifest.Bytes)
            {
                findings.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"the payload has {size} bytes, the manifest says {_manifest.Bytes}"));
                return;
            }

            if (request.Level == VerifyLevel.Manifest)
            {
                return;
            }

            if (request.Level == VerifyLevel.Hash)
            {
                (_, string hash) = HashedCopy.Run(file, [], null, WriteMethod.Inline, count => tracker.Add(_manifest.Snapshot, count), cancellation);
                CompareHash(hash);
                return;
            }
        }

        using Rehearsal rehearsal = new(reader, request.Scratch, findings, tracker, cancellation);
        rehearsal.RunDatabase();
    }

    private void CompareHash(string hash)
    {
        if (_manifest.Sha256 is null)
        {
            findings.CannotTell("the manifest has no hash");
        }
        else if (_manifest.Sha256 != hash)
        {
            findings.Fail($"the payload's SHA-256 is {hash}, the manifest says {_manifest.Sha256}");
        }
    }

    private void VerifyDirectory(ISnapshotReader reader)
    {
        bool isForeign = _manifest.Origin == ManifestOrigin.Oxios;
        using (DirectoryHandle payload = DirectoryHandle.Open(snapshot.SnapshotPath))
        {
            if (isForeign)
            {
                findings.CannotTell("Oxios writes no hashes, so only counts can be compared");
                CompareForeignSections(payload);
            }

            using PayloadComparison comparison = new(payload, findings);
            using PayloadHashing? hashing = request.Level == VerifyLevel.Hash && !isForeign
                ? new PayloadHashing(reader, findings, tracker, cancellation)
                : null;
            foreach (ListingEntry entry in reader.ReadEntries())
            {
                cancellation.ThrowIfCancellationRequested();
                TellRecordedCheck(entry.Check, entry.Capture, $"'{entry.Path}'");
                bool isThere = isForeign || comparison.Visit(entry);
                if (isThere && entry is { Type: EntryType.File, HardLink: null })
                {
                    hashing?.Add(entry);
                }
            }

            if (!isForeign)
            {
                comparison.End();
            }

            hashing?.Wait();
        }

        if (request.Level == VerifyLevel.Rehearse)
        {
            using Rehearsal rehearsal = new(reader, request.Scratch, findings, tracker, cancellation);
            rehearsal.RunDirectory();
        }
    }

    // Oxios counts the names that stand directly in a section's directory.
    private void CompareForeignSections(DirectoryHandle payload)
    {
        foreach (SnapshotSection section in _manifest.Sections)
        {
            if (!TreePath.TryCreate(section.Name, out TreePath path))
            {
                findings.Fail($"the section '{section.Name}' is no path below the backup");
                continue;
            }

            try
            {
                using DirectoryHandle directory = payload.OpenPath(path);
                long count = directory.ReadEntries().Count;
                if (count != section.EntryCount)
                {
                    findings.Fail(string.Create(
                        CultureInfo.InvariantCulture,
                        $"the section '{section.Name}' has {count} entries, the manifest says {section.EntryCount}"));
                }
            }
            catch (FileSystemException e)
            {
                findings.Fail($"the section '{section.Name}' cannot be read: {e.Reason}");
            }
        }
    }
}
