using BackupTools.Restic.Backends;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Maintenance;

/// <summary>
/// Makes the index anew from what the packs say themselves; of those that do not say, from what the index says as long as it
/// fits their length.
/// </summary>
internal sealed class IndexRebuild(
    Repository repository, IProgress<RepositoryProgress>? progress, CancellationToken cancellation)
{
    public RebuildReport Run()
    {
        repository.Flush(cancellation);
        List<StoredFile> indexFiles = repository.ListFiles(RepositoryFileType.Index, cancellation);
        List<StoredFile> packs = repository.ListFiles(RepositoryFileType.Pack, cancellation);
        List<Damage> damages = [];
        BlobTable table = new();
        BlobTable? known = null;
        for (int i = 0; i < packs.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            RepositoryFile file = new(RepositoryFileType.Pack, packs[i].Id);
            try
            {
                table.Add(file.Id, PackReader.ReadHeader(repository.Backend, repository.Key, file.Id, packs[i].Length));
            }
            catch (Exception e) when (e is RepositoryDataException or IOException or UnauthorizedAccessException)
            {
                known ??= repository.ReadIndexFiles(indexFiles, progress: null, cancellation).Table;
                string outcome = TryKeep(known, packs[i], table) ? "stays in the index as it was" : "was left out of the index";
                damages.Add(new Damage($"{file} {outcome}: {e.Message}", file));
            }

            progress?.Report(new RepositoryProgress(i + 1, packs.Count));
        }

        repository.ReplaceIndexFiles(
            table.Packs.Select(pack => (pack.Id, MasterIndex.GetBlobs(table, pack))), indexFiles, cancellation);
        repository.UseIndex(table);
        return new RebuildReport(table.Packs.Count, table.Count, damages);
    }

    // A pack whose header alone is damaged has blobs that can be read, as long as an index tells where they lie.
    private static bool TryKeep(BlobTable known, StoredFile pack, BlobTable table)
    {
        foreach (IndexedPack part in known.Packs.Where(part => part.Id == pack.Id))
        {
            IReadOnlyList<PackBlob> blobs = MasterIndex.GetBlobs(known, part);
            if (PackHeader.GetFileLength(blobs) == pack.Length)
            {
                table.Add(pack.Id, blobs);
                return true;
            }
        }

        return false;
    }
}
