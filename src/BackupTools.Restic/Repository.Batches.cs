using System.Buffers;
using System.Runtime.InteropServices;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic;

/// <content>Loading blobs that lie together.</content>
public sealed partial class Repository
{
    // What lies between blobs that are wanted is read along where asking twice would take longer.
    private const int ReadAlong = 4 << 10;
    private const int ReadAtOnce = 512 << 10;

    /// <summary>
    /// Loads blobs, each to its own place; those that lie close together in a pack are read together. What comes back has been
    /// verified by its id.
    /// </summary>
    /// <param name="type">What they are.</param>
    /// <param name="blobs">The blobs, and their places.</param>
    /// <param name="destination">Where to.</param>
    /// <returns>
    /// Which of them could not be loaded so: <see cref="LoadBlob(BlobType, ObjectId, Span{byte})"/> finds another copy, or tells
    /// what is wrong.
    /// </returns>
    public IReadOnlyList<int> LoadBlobs(BlobType type, ReadOnlySpan<BlobPlace> blobs, Span<byte> destination)
    {
        RequireIndex();
        List<int> failed = [];
        List<(BlobLocation Location, int Number)> found = new(blobs.Length);
        for (int i = 0; i < blobs.Length; i++)
        {
            if (_index.TryFind(new BlobHandle(type, blobs[i].Id), out BlobLocation location)
                && location.Blob.ContentLength == blobs[i].Length)
            {
                found.Add((location, i));
            }
            else
            {
                failed.Add(i);
            }
        }

        found.Sort(static (a, b) =>
            a.Location.Pack == b.Location.Pack
                ? a.Location.Blob.Offset.CompareTo(b.Location.Blob.Offset)
                : a.Location.Pack.CompareTo(b.Location.Pack));
        for (int next = 0; next < found.Count;)
        {
            int first = next++;
            BlobLocation start = found[first].Location;
            long end = start.Blob.End;
            for (; next < found.Count; next++)
            {
                BlobLocation more = found[next].Location;
                if (more.Pack != start.Pack || more.Blob.Offset > end + ReadAlong || more.Blob.End > start.Blob.Offset + ReadAtOnce)
                {
                    break;
                }

                end = Math.Max(end, more.Blob.End);
            }

            LoadTogether(CollectionsMarshal.AsSpan(found)[first..next], (int)(end - start.Blob.Offset), blobs, destination, failed);
        }

        return failed;
    }

    private void LoadTogether(
        ReadOnlySpan<(BlobLocation Location, int Number)> found,
        int length,
        ReadOnlySpan<BlobPlace> blobs,
        Span<byte> destination,
        List<int> failed)
    {
        BlobLocation start = found[0].Location;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            int read = ReadPack(start.Pack, start.Blob.Offset, buffer.AsSpan(0, length));
            foreach ((BlobLocation location, int number) in found)
            {
                int offset = (int)(location.Blob.Offset - start.Blob.Offset);
                Span<byte> content = destination.Slice(blobs[number].Start, blobs[number].Length);
                if (offset + location.Blob.Length > read
                    || !TryDecode(location.Blob, buffer.AsSpan(offset, (int)location.Blob.Length), content))
                {
                    failed.Add(number);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int ReadPack(ObjectId pack, long offset, Span<byte> bytes)
    {
        try
        {
            return Backend.Read(new RepositoryFile(RepositoryFileType.Pack, pack), offset, bytes);
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    private bool TryDecode(PackBlob blob, ReadOnlySpan<byte> stored, Span<byte> content)
    {
        try
        {
            Decoder.Decode(blob, stored, content);
            return true;
        }
        catch (RepositoryDataException)
        {
            return false;
        }
    }
}
