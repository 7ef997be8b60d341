using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Restic;
using BackupTools.Restic.Blobs;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// Puts files together from their blobs, each of which is proved by its id as it is read; large files by several threads
/// at a time.
/// </summary>
internal sealed class PieceReader
{
    // Below this the threads would cost more than they give: others restore files beside it.
    private const long SharedSize = 8 * 1024 * 1024;

    // What a thread takes at a time: long enough for the pieces in it to lie together in their pack.
    private const long StretchSize = 4 * 1024 * 1024;

    // Small pieces that lie together are read by one call, and stay in a core's cache until they are written.
    private const int BatchSize = 256 * 1024;

    private readonly Repository _repository;

    public PieceReader(Repository repository) => _repository = repository;

    /// <summary>Copies a file's content.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="size">The length that it should have.</param>
    /// <param name="pieces">Its blobs.</param>
    /// <param name="to">An empty file, or <see langword="null"/> to only read.</param>
    /// <param name="copy">How to copy.</param>
    /// <exception cref="BackupException">Something is lost, unless the caller wants to be told instead.</exception>
    public CopiedContent Copy(string name, long size, IReadOnlyList<ObjectId> pieces, FileHandle? to, in ContentCopy copy)
    {
        long[] offsets = Lay(name, size, pieces, copy.OnDamage);
        Range all = new(name, pieces, offsets, to, copy);
        if (size < SharedSize || pieces.Count < 2)
        {
            CopyStretch(all, 0, pieces.Count);
        }
        else
        {
            CopyShared(all);
        }

        if (copy.OnDamage is not null)
        {
            // The end may have been lost.
            to?.SetLength(size);
        }

        return new CopiedContent(size, null);
    }

    private static BackupException Damaged(string name, string reason, Exception? cause = null) => new(
        ErrorId.VerificationFailed,
        $"'{name}' cannot be read as it was stored: {reason} The target was left as it was. Use another snapshot, or skip the " +
        "verification if damaged data is better than none.",
        name,
        cause);

    // Where each piece belongs. The length of one that is lost follows from the others'; of several, it is not known.
    private long[] Lay(string name, long size, IReadOnlyList<ObjectId> pieces, Action<string>? onDamage)
    {
        long[] offsets = new long[pieces.Count + 1];
        int lost = -1;
        long known = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            if (_repository.TryGetBlobLength(BlobType.Data, pieces[i], out int length))
            {
                known += length;
                offsets[i + 1] = length;
                continue;
            }

            if (onDamage is null || lost >= 0)
            {
                throw Damaged(name, $"data blob {pieces[i]} is in no index.");
            }

            lost = i;
        }

        if (lost >= 0)
        {
            offsets[lost + 1] = Math.Max(0, size - known);
        }
        else if (known != size)
        {
            string reason = string.Create(CultureInfo.InvariantCulture, $"its pieces have {known} bytes, it had {size}.");
            (onDamage ?? (_ => throw Damaged(name, reason)))(reason);
        }

        for (int i = 1; i < offsets.Length; i++)
        {
            offsets[i] += offsets[i - 1];
        }

        return offsets;
    }

    private void CopyShared(Range range)
    {
        List<(int First, int End)> stretches = [];
        int first = 0;
        for (int i = 1; i <= range.Pieces.Count; i++)
        {
            if (i == range.Pieces.Count || range.Offsets[i] - range.Offsets[first] >= StretchSize)
            {
                stretches.Add((first, i));
                first = i;
            }
        }

        ParallelOptions options = new()
        {
            MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount, 2, 8),
            CancellationToken = range.Copy.Cancellation,
        };
        try
        {
            // One at a time: whoever had several of the last ones would be waited for.
            Parallel.ForEach(
                Partitioner.Create(stretches, EnumerablePartitionerOptions.NoBuffering),
                options,
                stretch => CopyStretch(range, stretch.First, stretch.End));
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException!);
        }
    }

    private void CopyStretch(Range range, int first, int end)
    {
        int next = first;
        while (next < end)
        {
            range.Copy.Cancellation.ThrowIfCancellationRequested();

            int start = next++;
            while (next < end && range.Offsets[next + 1] - range.Offsets[start] <= BatchSize)
            {
                next++;
            }

            CopyPieces(range, start, next);
        }

        range.To?.StartWriteBack(range.Offsets[first], range.Offsets[end] - range.Offsets[first]);
    }

    private void CopyPieces(Range range, int first, int end)
    {
        long offset = range.Offsets[first];
        int length = (int)(range.Offsets[end] - offset);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> content = buffer.AsSpan(0, length);
            foreach (int i in LoadTogether(range, first, end, content))
            {
                BlobPlace place = PlaceOf(range, first, i);
                Load(range, i, content.Slice(place.Start, place.Length));
            }

            range.To?.WriteCached(content, offset);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        range.Copy.Done(length);
    }

    private static BlobPlace PlaceOf(Range range, int first, int index) => new(
        range.Pieces[index],
        (int)(range.Offsets[index] - range.Offsets[first]),
        (int)(range.Offsets[index + 1] - range.Offsets[index]));

    // Those that are left over have to be loaded one by one.
    private IEnumerable<int> LoadTogether(Range range, int first, int end, Span<byte> content)
    {
        if (end - first == 1)
        {
            return [first];
        }

        BlobPlace[] places = new BlobPlace[end - first];
        for (int i = first; i < end; i++)
        {
            places[i - first] = PlaceOf(range, first, i);
        }

        try
        {
            return _repository.LoadBlobs(BlobType.Data, places, content).Select(number => first + number);
        }
        catch (RepositoryException e)
        {
            throw RepositoryErrors.From(e, range.Name, "The target was left as it was.");
        }
    }

    private void Load(Range range, int index, Span<byte> content)
    {
        try
        {
            _repository.LoadBlob(BlobType.Data, range.Pieces[index], content);
        }
        catch (Exception e) when (e is RepositoryDataException or RepositoryException { Error: RepositoryError.BlobNotFound })
        {
            if (range.Copy.OnDamage is not { } tell)
            {
                throw Damaged(range.Name, e.Message, e);
            }

            content.Clear();
            tell(string.Create(
                CultureInfo.InvariantCulture,
                $"{content.Length} bytes at offset {range.Offsets[index]} are lost, and are zeros now: {e.Message}"));
        }
        catch (RepositoryException e)
        {
            throw RepositoryErrors.From(e, range.Name, "The target was left as it was.");
        }
    }

    private sealed record Range(
        string Name, IReadOnlyList<ObjectId> Pieces, long[] Offsets, FileHandle? To, ContentCopy Copy);
}
