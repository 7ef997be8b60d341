using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>Copies a database snapshot beside its target, hashed as it is written, with the source's metadata, durable.</summary>
internal sealed class DatabaseStager(
    ISnapshotReader reader, bool skipVerify, WriteMethod writing, ProgressTracker tracker, CancellationToken cancellation)
{
    private const int PrivateMode = 0x180;

    /// <summary>Makes the stage.</summary>
    /// <param name="home">Where.</param>
    /// <param name="stage">Its name.</param>
    /// <param name="target">What it will replace, whose mode and owner it takes where the snapshot tells none.</param>
    /// <returns>Whether its hash is the manifest's.</returns>
    public bool Run(DirectoryHandle home, EntryName stage, EntryName target)
    {
        SnapshotManifest manifest = reader.Snapshot.Manifest;
        using FileHandle to = home.CreateFile(stage, PrivateMode);
        bool isDamaged = false;
        ContentCopy copy = new(null, writing, count => tracker.Add(target, count), cancellation)
        {
            OnDamage = !skipVerify ? null : reason =>
            {
                isDamaged = true;
                tracker.Warn($"'{reader.Snapshot.SnapshotPath}': {reason}");
            },
        };
        CopiedContent copied = reader.CopyDatabase(to, copy);
        bool isVerified = reader.ProvesContent ? !isDamaged : Compare(manifest, copied);
        ApplyMetadata(to, manifest.File, home, target);
        to.Sync();
        return isVerified && !skipVerify;
    }

    private bool Compare(SnapshotManifest manifest, CopiedContent copied)
    {
        bool fits = manifest.Sha256 == copied.Sha256 && manifest.Bytes == copied.Bytes;
        if (!fits && !skipVerify)
        {
            throw RestoreErrors.DoesNotFit(reader.Snapshot.SnapshotPath, "its manifest");
        }

        if (!fits && manifest.Sha256 is not null)
        {
            tracker.Warn($"'{reader.Snapshot.SnapshotPath}' is not what its manifest says; it is restored all the same because verification is skipped.");
        }

        return fits;
    }

    private void ApplyMetadata(FileHandle file, SourceFileInfo? info, DirectoryHandle home, EntryName target)
    {
        bool isKnown = info?.Mode is not null;
        if (!OperatingSystem.IsWindows())
        {
            bool stands = home.TryGetStatus(target, out FileStatus standing);
            uint? uid = info?.Uid ?? (stands ? standing.Uid : null);
            uint? gid = info?.Gid ?? (stands ? standing.Gid : null);
            SetOwner(file, uid, gid);
            SetMode(file, isKnown ? ParseMode(info!.Mode!) : stands ? standing.Mode & 0x1ff : PrivateMode);
        }

        if (Timestamp.TryParse(info?.Modified, out Timestamp modified))
        {
            TrySet("time", () => file.SetModified(modified));
        }
    }

    private void SetMode(FileHandle file, int mode)
    {
        int own = 0;
        if (TrySet("mode", () => file.SetMode(mode)) && (own = file.GetStatus().Mode & 0x1ff) != mode)
        {
            tracker.Warn($"The mode of the restored database could not be set: the file system has its own, {Convert.ToString(own, 8)}.");
        }
    }

    private bool TrySet(string what, Action set)
    {
        try
        {
            set();
            return true;
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported)
        {
            tracker.Warn($"The {what} of the restored database could not be set ({e.Reason}).");
            return false;
        }
    }

    private void SetOwner(FileHandle file, uint? uid, uint? gid)
    {
        FileStatus status = file.GetStatus();
        if (uid is null || gid is null || (status.Uid == uid && status.Gid == gid))
        {
            return;
        }

        try
        {
            file.SetOwner(uid.Value, gid.Value);
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported)
        {
            tracker.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"The restored database belongs to the user who restores it: its owner {uid}:{gid} could not be set ({e.Reason})."));
        }
    }

    private int ParseMode(string mode)
    {
        try
        {
            return Convert.ToInt32(mode, 8) & 0x1ff;
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw RestoreErrors.Damaged(reader.Snapshot, $"'{mode}' is no file mode");
        }
    }
}
