using System.Buffers;
using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Stores;

/// <summary>Compares a payload of a folder store with its manifest and listing.</summary>
internal sealed class FolderVerification(
    FolderSnapshotReader reader, Findings findings, ProgressTracker tracker, CancellationToken cancellation)
{
    private readonly SnapshotManifest _manifest = reader.Snapshot.Manifest;

    /// <summary>Compares it.</summary>
    /// <returns>Whether the payload is there as a whole.</returns>
    public bool Run(bool withContent, Action<ListingEntry> visit)
    {
        if (_manifest.Kind == SnapshotKind.Sqlite)
        {
            return VerifyDatabase(withContent);
        }

        VerifyDirectory(withContent, visit);
        return true;
    }

    private bool VerifyDatabase(bool withContent)
    {
        using FileHandle file = reader.OpenDatabase();
        long size = file.GetStatus().Size;
        if (size != _manifest.Bytes)
        {
            findings.Fail(string.Create(
                CultureInfo.InvariantCulture, $"the payload has {size} bytes, the manifest says {_manifest.Bytes}"));
            return false;
        }

        if (withContent)
        {
            CompareHash(Hash(file, size));
        }

        return true;
    }

    // A small one at once: beside thousands of those, threads and blocks for each would be most of the work.
    private string Hash(FileHandle file, long size)
    {
        byte[]? buffer = size <= ContentCopy.SmallFile ? ArrayPool<byte>.Shared.Rent(ContentCopy.SmallFile + 1) : null;
        try
        {
            ContentCopy reading = new(buffer, WriteMethod.Inline, count => tracker.Add(_manifest.Snapshot, count), cancellation);
            return FolderContent.Copy(file, size, null, reading).Sha256!;
        }
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
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

    private void VerifyDirectory(bool withContent, Action<ListingEntry> visit)
    {
        bool isForeign = _manifest.Origin == ManifestOrigin.Oxios;
        using DirectoryHandle payload = DirectoryHandle.Open(reader.Snapshot.SnapshotPath);
        if (isForeign)
        {
            findings.CannotTell("Oxios writes no hashes, so only counts can be compared");
            CompareForeignSections(payload);
        }

        using PayloadComparison comparison = new(payload, findings);
        using PayloadHashing? hashing = withContent && !isForeign
            ? new PayloadHashing(reader, findings, tracker, cancellation)
            : null;
        foreach (ListingEntry entry in reader.ReadEntries())
        {
            cancellation.ThrowIfCancellationRequested();
            visit(entry);
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
