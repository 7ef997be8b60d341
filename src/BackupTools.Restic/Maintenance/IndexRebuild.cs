using BackupTools.Restic.Backends;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Maintenance;

/// <summary>Makes the index anew from what the packs say themselves.</summary>
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
                damages.Add(new Damage($"{file} was left out of the index: {e.Message}", file));
            }

            progress?.Report(new RepositoryProgress(i + 1, packs.Count));
        }

        repository.ReplaceIndexFiles(
            table.Packs.Select(pack => (pack.Id, MasterIndex.GetBlobs(table, pack))), indexFiles, cancellation);
        repository.UseIndex(table);
        return new RebuildReport(table.Packs.Count, table.Count, damages);
    }
}
