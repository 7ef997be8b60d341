using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Maintenance;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Indexes;

/// <summary>What was read from index files.</summary>
/// <param name="Table">Where the blobs lie.</param>
/// <param name="Damages">The files that are damaged.</param>
/// <param name="Notes">What is no damage, but untidy.</param>
internal sealed record IndexReading(BlobTable Table, IReadOnlyList<Damage> Damages, IReadOnlyList<string> Notes)
{
    /// <summary>Reads index files, several at a time.</summary>
    /// <param name="files">Reads documents.</param>
    /// <param name="names">The index files.</param>
    /// <param name="progress">Told how many have been read.</param>
    /// <param name="cancellation">Stops it.</param>
    public static IndexReading Read(
        UnpackedFiles files,
        IReadOnlyList<StoredFile> names,
        IProgress<RepositoryProgress>? progress,
        CancellationToken cancellation)
    {
        BlobTable table = new();
        List<Damage> damages = [];
        List<string> notes = [];
        Dictionary<ObjectId, ObjectId> indexes = [];
        int done = 0;
        WorkAhead.Run(names, (name, stop) => Decode(files, name, stop), Add, cancellation);
        return new IndexReading(table, damages, notes);

        void Add(StoredFile name, (List<(ObjectId Pack, PackBlob[] Blobs)> Packs, Damage? Damage) read)
        {
            foreach ((ObjectId pack, PackBlob[] blobs) in read.Packs)
            {
                cancellation.ThrowIfCancellationRequested();
                table.Add(pack, blobs);
                if (!indexes.TryAdd(pack, name.Id) && indexes[pack] != name.Id)
                {
                    notes.Add($"pack {pack} is in several indexes: {indexes[pack]} and {name.Id}.");
                }
            }

            if (read.Damage is not null)
            {
                damages.Add(read.Damage);
            }

            progress?.Report(new RepositoryProgress(++done, names.Count));
        }
    }

    // Of a damaged file, what comes before the damage.
    private static (List<(ObjectId Pack, PackBlob[] Blobs)> Packs, Damage? Damage) Decode(
        UnpackedFiles files, StoredFile name, CancellationToken cancellation)
    {
        RepositoryFile file = new(RepositoryFileType.Index, name.Id);
        List<(ObjectId, PackBlob[])> packs = [];
        try
        {
            IndexJson.Read(files.Load(file.Type, file.Id), (pack, blobs) =>
            {
                cancellation.ThrowIfCancellationRequested();
                packs.Add((pack, [.. blobs]));
            });
            return (packs, null);
        }
        catch (RepositoryDataException e)
        {
            return (packs, new Damage(e.Message, file));
        }
    }
}
