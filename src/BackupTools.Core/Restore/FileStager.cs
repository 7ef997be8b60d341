using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Restore;

/// <summary>How strict staging is, and who wants to hear of what is staged.</summary>
internal sealed record StagingRules
{
    /// <summary>A hash that does not fit is told, and is no error.</summary>
    public bool SkipVerify { get; init; }

    /// <summary>Is told of a hash that does not fit, in place of an error; from any thread.</summary>
    public Action<string>? OnMismatch { get; init; }

    /// <summary>Whether the root gets its metadata, too; otherwise it stays private.</summary>
    public bool CompleteRoot { get; init; } = true;

    /// <summary>How large files are written.</summary>
    public WriteMethod Writing { get; init; } = WriteMethod.Direct;

    /// <summary>Is told of each entry before it is staged, on the caller's thread.</summary>
    public Action<ListingEntry>? OnEntry { get; init; }
}

/// <summary>A file that waits to be staged.</summary>
/// <param name="Entry">What it shall be.</param>
/// <param name="Content">The entry of the snapshot that has its content.</param>
/// <param name="Directory">Where it is put; held.</param>
internal sealed record StagedFile(ListingEntry Entry, ListingEntry Content, StagedDirectory Directory);

/// <summary>Copies files from a payload into a stage and compares their hashes; used by several workers at a time.</summary>
internal sealed class FileStager(
    ISnapshotReader reader, EntryMetadataWriter metadata, StagingRules rules, ProgressTracker tracker, CancellationToken cancellation)
{
    private const int MaxToldMismatches = 10;

    private long _bytes;
    private int _mismatches;
    private bool _lacksHash;

    /// <summary>Bytes staged.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether all that was staged had a hash that fits.</summary>
    public bool IsVerified => _mismatches == 0 && !Volatile.Read(ref _lacksHash);

    /// <summary>Stages one file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">The worker's own, of more than <see cref="ContentCopy.SmallFile"/> bytes.</param>
    public void Stage(StagedFile file, byte[] buffer)
    {
        ListingEntry entry = file.Entry;
        using FileHandle to = file.Directory.Handle.CreateNewFile(entry.Path.Name, EntryMetadataWriter.CreationMode(entry));
        ContentCopy copy = new(buffer, rules.Writing, count => tracker.Add(entry.Path, count), cancellation)
        {
            OnDamage = !reader.ProvesContent ? null
                : rules.OnMismatch is { } tell ? reason => tell($"'{entry.Path}': {reason}")
                : rules.SkipVerify ? reason => TellMismatch($"'{Path.Join(reader.Snapshot.SnapshotPath, entry.Path.Text)}': {reason}")
                : null,
        };
        CopiedContent copied = reader.CopyFile(file.Content, to, copy);
        tracker.Add(entry.Path, 0, 1);
        Interlocked.Add(ref _bytes, copied.Bytes);
        Compare(entry, copied);
        metadata.Apply(to, entry);
    }

    /// <summary>Copies a file within the stage, where the file system has no hard links.</summary>
    public void CopyStaged(DirectoryHandle from, EntryName name, DirectoryHandle directory, ListingEntry entry)
    {
        using FileHandle source = from.OpenFile(name);
        using FileHandle target = directory.CreateNewFile(entry.Path.Name, EntryMetadataWriter.CreationMode(entry));
        HashedCopy.Run(source, [], target, rules.Writing, static _ => { }, cancellation);
        metadata.Apply(target, entry);
    }

    private void Compare(ListingEntry entry, CopiedContent copied)
    {
        if (reader.ProvesContent)
        {
            return;
        }

        if (entry.Sha256 is null)
        {
            Volatile.Write(ref _lacksHash, true);
            return;
        }

        if (copied.Bytes == entry.Bytes && copied.Sha256 == entry.Sha256)
        {
            return;
        }

        string path = Path.Join(reader.Snapshot.SnapshotPath, entry.Path.Text);
        if (rules.OnMismatch is { } tell)
        {
            tell($"'{entry.Path}' is not what the listing says: its size or SHA-256 differs");
            return;
        }

        if (!rules.SkipVerify)
        {
            throw RestoreErrors.DoesNotFit(path, "its listing");
        }

        TellMismatch($"'{path}' is not what its listing says; it is restored all the same because verification is skipped.");
    }

    private void TellMismatch(string text)
    {
        int mismatches = Interlocked.Increment(ref _mismatches);
        if (mismatches <= MaxToldMismatches)
        {
            tracker.Warn(text);
        }
        else if (mismatches == MaxToldMismatches + 1)
        {
            tracker.Warn("More files are not what was stored.");
        }
    }
}
