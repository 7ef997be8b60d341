using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Directories;

/// <summary>A directory as a source.</summary>
internal sealed class DirectorySource : ISnapshotSource
{
    private readonly DirectoryHandle _directory;
    private readonly byte[] _realPath;

    /// <summary>Takes over an open directory.</summary>
    /// <param name="path">Full path as it was named.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="realPath">Its path with no link in it.</param>
    public DirectorySource(string path, DirectoryHandle directory, byte[] realPath)
    {
        Path = path;
        _directory = directory;
        _realPath = realPath;
    }

    public string Kind => SnapshotKind.Directory;

    public string Path { get; }

    public long? Bytes => null;

    public long Measure(string store, NewSnapshotRequest request, CancellationToken cancellation)
    {
        TreeWalker walker = new(
            TreeExclusions.Create(request, store), new EntryMetadata(), static _ => { }, static _ => { }, cancellation);
        using TreeDirectory root = new(_directory.Retain(), new NoPayload(), TreePath.Root, _realPath);
        long bytes = 0;
        foreach (TreeItem item in walker.Walk(root))
        {
            bytes += item.Status.Type == EntryType.File && item.FirstName is null ? item.Status.Size : 0;
            item.ReleaseDirectory();
        }

        return bytes;
    }

    public SnapshotManifest Capture(
        SnapshotManifest draft,
        ISnapshotWriter writer,
        string store,
        NewSnapshotRequest request,
        ProgressTracker progress,
        CancellationToken cancellation)
    {
        TreeExclusions exclusions = TreeExclusions.Create(request, store);
        if (exclusions.IsStore(Path, _directory.GetStatus()))
        {
            throw new BackupException(
                ErrorId.InvalidArgument,
                $"The source '{Path}' is the store itself. Nothing was changed; name another store.",
                Path);
        }

        DroppedMetadata.WarnOfSystem(Path, progress);
        TreeCaptureResult result = TreeCapture.Run(
            _directory, _realPath, exclusions, writer, request, progress, cancellation);
        foreach (string section in request.Sections)
        {
            if (!result.Sections.Any(found => found.Name == section.TrimEnd('/') && found.EntryCount > 0))
            {
                progress.Warn($"The section '{section}' has no entries; is its name right?", section);
            }
        }

        return draft with
        {
            Bytes = result.Bytes,
            EntryCount = result.EntryCount,
            Sections = result.Sections,
            Check = result.Check,
            Incomplete = result.Errors.Count > 0,
            Errors = result.Errors,
            Skipped = result.Skipped,
        };
    }

    public void Dispose() => _directory.Dispose();
}
