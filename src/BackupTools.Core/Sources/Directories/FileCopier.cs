using System.Buffers.Binary;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Directories;

/// <summary>Copies the files of a tree, one at a time; each worker has one of its own.</summary>
internal sealed class FileCopier
{
    private const int BufferSize = 256 * 1024;
    private const int MaxAttempts = 3;

    private readonly EntryMetadata _metadata;
    private readonly DatabaseCopier _databases;
    private readonly SessionFiles _sessionFiles;
    private readonly ProgressTracker _progress;
    private readonly CancellationToken _cancellation;
    private readonly byte[] _buffer = new byte[BufferSize];

    public FileCopier(
        EntryMetadata metadata,
        DatabaseCopier databases,
        SessionFiles sessionFiles,
        ProgressTracker progress,
        CancellationToken cancellation)
    {
        _metadata = metadata;
        _databases = databases;
        _sessionFiles = sessionFiles;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>Copies an item, unless it is part of a database that was captured, or another name of an earlier one.</summary>
    /// <param name="item">A file or a link; its entry is filled in where it was copied.</param>
    /// <param name="errors">Receives what could not be read.</param>
    public void Copy(TreeItem item, List<SnapshotProblem> errors)
    {
        ItemFate fate = ItemFate.Missing;
        try
        {
            fate = item.Status.Type == EntryType.Symlink ? CopyLink(item) : CopyFile(item, errors);
        }
        catch (FileSystemException e) when (e.Path == System.IO.Path.Join(item.Directory!.Source.Path, item.Name.Text))
        {
            // Of the source, that is; what the store cannot take ends the run. What vanished meanwhile is no error.
            item.Entry = null;
            if (e.Error != FileSystemError.NotFound)
            {
                errors.Add(new SnapshotProblem(item.Path.Text, e.Reason));
            }
        }
        finally
        {
            item.Outcome?.Set(fate);
        }
    }

    private ItemFate CopyLink(TreeItem item)
    {
        DirectoryHandle directory = item.Directory!.Source;
        byte[] target = directory.ReadLink(item.Name);
        item.Entry = _metadata.Create(item.Path, item.Status, directory.GetLinkAttributes(item.Name)) with { Target = target };
        item.Directory.Payload.CreateSymlink(item.Name, target);
        return ItemFate.Copied;
    }

    private ItemFate CopyFile(TreeItem item, List<SnapshotProblem> errors)
    {
        if (item.SidecarOf?.Outcome!.Wait(_cancellation) == ItemFate.Captured)
        {
            return ItemFate.Missing;
        }

        if (item.FirstName is { } first && first.Outcome!.Wait(_cancellation) is var fate and not ItemFate.Missing)
        {
            item.Entry = first.Entry! with { Path = item.Path, HardLink = first.Path, Sha256 = null, Capture = null, CapturedAt = null, Check = null };
            item.Directory!.Payload.CreateHardLink(first.Path, item.Name);
            return fate;
        }

        if (_sessionFiles.IsOpenElsewhere(item.Status.Identity))
        {
            errors.Add(new SnapshotProblem(
                item.Path.Text, "it is open in this very session through another module; reading it would drop that one's locks"));
            return ItemFate.Missing;
        }

        return TryReuse(item) ?? CopyContent(item, errors);
    }

    private ItemFate? TryReuse(TreeItem item)
    {
        if (item.Directory!.Payload.FindKnown(item.Name, item.Status) is not { } known)
        {
            return null;
        }

        if (known.Database is not null)
        {
            return _databases.TryReuse(item, known);
        }

        if (item.HasLog)
        {
            // It may have become an encrypted database with a live log.
            return null;
        }

        item.Entry = _metadata.Create(item.Path, item.Status, known.ExtendedAttributes) with
        {
            Bytes = known.Content.Bytes,
            Sha256 = known.Content.Sha256,
            Pieces = known.Content.Pieces,
        };
        _progress.Add(item.Path, known.Content.Bytes, 1);
        return ItemFate.Copied;
    }

    private ItemFate CopyContent(TreeItem item, List<SnapshotProblem> errors)
    {
        FileStatus before = item.Status;
        IPayloadFile? target = null;
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                using FileHandle file = item.Directory!.Source.OpenFile(item.Name);
                if (attempt > 1)
                {
                    before = file.GetStatus();
                    if (before.Type != EntryType.File)
                    {
                        throw new FileSystemException(FileSystemError.Other, "copying", file.Path, "it became something else while it was copied");
                    }
                }

                int count = file.Read(_buffer);
                if (DatabaseFile.HasMagic(_buffer.AsSpan(0, count)))
                {
                    List<KeyValuePair<string, byte[]>> ownAttributes = file.GetAttributes();
                    file.Dispose();
                    TakeBack(item, ref target);
                    return _databases.Copy(item, ownAttributes, errors);
                }

                target ??= item.Directory.Payload.CreateFile(item.Name);
                _progress.Add(item.Path, 0, 1);
                StoredContent stored = target.Store(
                    new SourceContent(file, item.Status.Size, _buffer, count), bytes => _progress.Add(item.Path, bytes), _cancellation);
                List<KeyValuePair<string, byte[]>> attributes = file.GetAttributes();
                FileStatus after = file.GetStatus();
                bool isOneState = after.IsSameState(before) && stored.Bytes == after.Size;
                if (isOneState || attempt == MaxAttempts)
                {
                    item.Entry = _metadata.Create(item.Path, after, attributes) with
                    {
                        Bytes = stored.Bytes,
                        Sha256 = stored.Sha256,
                        Pieces = stored.Pieces,
                        ChangedWhileRead = !isOneState,
                    };
                    if (!isOneState)
                    {
                        _progress.Warn($"'{item.Path}' changed each time it was read; its copy may mix two states.", item.Path.Text);
                    }

                    MarkIfEncryptedDatabase(item, errors);
                    return ItemFate.Copied;
                }
            }
        }
        catch
        {
            // It was replaced or could not be read to its end: what is not listed must not stay in the payload.
            TakeBack(item, ref target);
            throw;
        }
        finally
        {
            target?.Dispose();
        }
    }

    private static void TakeBack(TreeItem item, ref IPayloadFile? target)
    {
        if (target is not null)
        {
            target.Dispose();
            target = null;
            item.Directory!.Payload.DeleteFile(item.Name);
        }
    }

    // No database by its header, but with a live log beside it: one that is encrypted as a whole. Its pieces are kept
    // as they lie, which proves nothing.
    private static void MarkIfEncryptedDatabase(TreeItem item, List<SnapshotProblem> errors)
    {
        if (!item.HasLog || !HasLiveLog(item, errors))
        {
            return;
        }

        const string reason = "an encrypted database, or one that SQLite cannot read, with a live log: copied raw, unverifiable";
        item.Entry = item.Entry! with
        {
            Capture = CaptureMethod.Raw,
            CapturedAt = DateTime.UtcNow,
            Check = new SnapshotCheck("none", CheckResult.Unverifiable, reason),
        };
        errors.Add(new SnapshotProblem(item.Path.Text, reason));
    }

    private static bool HasLiveLog(TreeItem item, List<SnapshotProblem> errors)
    {
        const uint logMagic = 0x377f0682;
        try
        {
            using FileHandle log = item.Directory!.Source.OpenFile(DatabaseFile.Sidecar(item.Name, "-wal"));
            byte[] magic = new byte[4];
            return log.ReadAt(magic, 0) == 4 && (BinaryPrimitives.ReadUInt32BigEndian(magic) & ~1u) == logMagic;
        }
        catch (FileSystemException e)
        {
            // What is no plain file is no log; that one may not be read is told when its turn to be copied comes.
            if (e.Error is FileSystemError.TooManyOpenFiles || (e.Error == FileSystemError.Other && e.Code != 0))
            {
                errors.Add(new SnapshotProblem(item.Path.Text, $"whether it is an encrypted database is not known, since its log cannot be read: {e.Reason}"));
            }

            return false;
        }
    }
}
