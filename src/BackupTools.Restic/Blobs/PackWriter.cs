using BackupTools.Restic.Backends;
using BackupTools.Restic.Cryptography;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Blobs;

/// <summary>
/// Verifies a finished pack from the very bytes that are going to be written, writes it, and tells the index. A bit that
/// flipped in memory, or a fault in a library, is noticed here and not when somebody needs the data back. For any thread.
/// </summary>
internal sealed class PackWriter(IRepositoryBackend backend, RepositoryKey key, BlobDecoder decoder, MasterIndex index)
{
    /// <summary>Ends a pack and writes it.</summary>
    /// <exception cref="RepositoryDataException">It is not what was to be saved; it was not written.</exception>
    public void Write(PackBuilder pack, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> content = pack.Finish(key);
        ObjectId id = ObjectId.Hash(content.Span);
        Verify(pack, content.Span, cancellation);
        backend.Write(new RepositoryFile(RepositoryFileType.Pack, id), content, cancellation);
        index.AddWritten(id, pack.Blobs);
    }

    private void Verify(PackBuilder pack, ReadOnlySpan<byte> content, CancellationToken cancellation)
    {
        try
        {
            if (!PackReader.ReadHeader(key, content).SequenceEqual(pack.Blobs))
            {
                throw new RepositoryDataException("The header does not tell what the pack consists of.");
            }

            using ScratchBuffer buffer = new();
            foreach (PackBlob blob in pack.Blobs)
            {
                cancellation.ThrowIfCancellationRequested();
                decoder.Decode(
                    blob, content.Slice((int)blob.Offset, (int)blob.Length), buffer.Get(blob.ContentLength));
            }
        }
        catch (RepositoryDataException e)
        {
            throw new RepositoryDataException(
                $"A pack was not written, because what it consists of cannot be read back: {e.Message} Nothing was saved. "
                + "Memory of this machine may be faulty: test it, then try again.",
                e);
        }
    }
}
