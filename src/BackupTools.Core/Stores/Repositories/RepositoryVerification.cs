using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Verification;
using BackupTools.Restic;
using BackupTools.Restic.Maintenance;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Tells what an examination of the repository means for one snapshot.</summary>
internal sealed class RepositoryVerification(RepositorySnapshotReader reader, CheckReport report, Findings findings)
{
    /// <summary>Tells it.</summary>
    /// <param name="id">The snapshot.</param>
    /// <param name="visit">Is told of each database of a directory.</param>
    /// <returns>Whether all that the snapshot consists of is there.</returns>
    public bool Run(ObjectId id, Action<ListingEntry> visit)
    {
        bool isWhole = true;
        foreach (Damage damage in report.Damages.Where(damage => damage.Snapshot == id))
        {
            isWhole = false;
            findings.Fail(damage.Message);
        }

        reader.CompareWithManifest();
        SnapshotManifest manifest = reader.Snapshot.Manifest;
        foreach (CapturedDatabase database in manifest.Kind == SnapshotKind.Directory ? manifest.Databases ?? [] : [])
        {
            if (database.TryGetPath(out TreePath path))
            {
                visit(new ListingEntry { Path = path, Type = EntryType.File, Capture = database.Capture, Check = database.Check });
            }
        }

        return isWhole;
    }
}
