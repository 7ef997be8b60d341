using System.Buffers;
using System.Collections.Concurrent;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Sqlite;
using BackupTools.Restic;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Chunking;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Cuts files into pieces and saves them; what is alike is stored once. For several threads.</summary>
internal sealed class PieceWriter
{
    private const int StretchSize = 1024 * 1024;

    private readonly Repository _repository;
    private readonly ConcurrentBag<Cutter> _cutters = [];

    public PieceWriter(Repository repository) => _repository = repository;

    /// <summary>Saves a file whose reading has begun, cut where restic cuts it.</summary>
    public StoredContent SaveFile(in SourceContent source, Action<long> done, CancellationToken cancellation)
    {
        if (source.IsWhole)
        {
            // Shorter than any piece but a last one.
            done(source.Filled);
            return new StoredContent(source.Filled, null, source.Filled == 0 ? [] : [Save(source.Buffer.AsSpan(0, source.Filled), cancellation)]);
        }

        if (!_cutters.TryTake(out Cutter? cutter))
        {
            cutter = new Cutter(_repository.CreateChunker());
        }

        try
        {
            return cutter.Run(this, source, done, cancellation);
        }
        finally
        {
            _cutters.Add(cutter);
        }
    }

    /// <summary>Saves a database copy, cut at page boundaries.</summary>
    public StoredContent SaveDatabase(string scratchFile, CancellationToken cancellation)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(scratchFile)!);
        using FileHandle file = directory.OpenFile(EntryName.FromText(Path.GetFileName(scratchFile)));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(DatabaseCutting.LongestPiece);
        try
        {
            int filled = Fill(file, buffer.AsSpan(0, DatabaseCutting.LongestPiece));
            if (filled < DatabaseFile.HeaderLength || !DatabaseFile.HasMagic(buffer))
            {
                // Copied raw: nothing is known of its pages.
                return SaveFile(new SourceContent(file, long.MaxValue, buffer, filled), static _ => { }, cancellation);
            }

            return SavePages(file, buffer, filled, DatabaseFile.PageSize(buffer), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private StoredContent SavePages(FileHandle file, byte[] buffer, int filled, int pageSize, CancellationToken cancellation)
    {
        List<ObjectId> pieces = [];
        long offset = 0;
        int used = 0;
        bool isEnd = filled < DatabaseCutting.LongestPiece;
        while (true)
        {
            int length = DatabaseCutting.PieceLength(offset, pageSize);
            if (filled - used < length && !isEnd)
            {
                buffer.AsSpan(used, filled - used).CopyTo(buffer);
                filled -= used;
                used = 0;
                int room = DatabaseCutting.LongestPiece - filled;
                int count = Fill(file, buffer.AsSpan(filled, room));
                filled += count;
                isEnd = count < room;
            }

            length = Math.Min(length, filled - used);
            if (length == 0)
            {
                break;
            }

            pieces.Add(Save(buffer.AsSpan(used, length), cancellation));
            used += length;
            offset += length;
        }

        if (offset != file.GetStatus().Size)
        {
            throw new IOException($"{offset} bytes of a database copy of {file.GetStatus().Size} were read.");
        }

        return new StoredContent(offset, null, pieces);
    }

    private static int Fill(FileHandle file, Span<byte> buffer)
    {
        int filled = 0;
        int count;
        while (filled < buffer.Length && (count = file.Read(buffer[filled..])) > 0)
        {
            filled += count;
        }

        return filled;
    }

    private ObjectId Save(ReadOnlySpan<byte> content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return _repository.SaveBlob(BlobType.Data, content, cancellation).Id;
    }

    /// <summary>What cutting one file at a time takes; kept for the next one.</summary>
    private sealed class Cutter(Chunker chunker)
    {
        private byte[] _piece = new byte[2 * StretchSize];

        public StoredContent Run(PieceWriter writer, in SourceContent source, Action<long> done, CancellationToken cancellation)
        {
            chunker.Reset();
            List<ObjectId> pieces = [];
            long bytes = 0;
            Ensure(source.Filled);
            source.Buffer.AsSpan(0, source.Filled).CopyTo(_piece);
            int filled = source.Filled;
            int scanned = 0;
            done(filled);
            while (true)
            {
                int cut = chunker.FindCut(_piece.AsSpan(scanned, filled - scanned), isEnd: false);
                if (cut >= 0)
                {
                    int length = scanned + cut;
                    pieces.Add(writer.Save(_piece.AsSpan(0, length), cancellation));
                    bytes += length;
                    _piece.AsSpan(length, filled - length).CopyTo(_piece);
                    filled -= length;
                    scanned = 0;
                    continue;
                }

                scanned = filled;
                Ensure(filled + StretchSize);
                int count = Fill(source.File, _piece.AsSpan(filled, StretchSize));
                done(count);
                filled += count;
                if (count == 0)
                {
                    break;
                }
            }

            if (filled > 0)
            {
                pieces.Add(writer.Save(_piece.AsSpan(0, filled), cancellation));
                bytes += filled;
            }

            return new StoredContent(bytes, null, pieces);
        }

        private void Ensure(int length)
        {
            if (_piece.Length < length)
            {
                // Twice as long, but not longer than the longest piece takes.
                int enough = Math.Min(_piece.Length * 2, Chunker.MaximumLength + StretchSize);
                Array.Resize(ref _piece, Math.Max(length, enough));
            }
        }
    }
}
