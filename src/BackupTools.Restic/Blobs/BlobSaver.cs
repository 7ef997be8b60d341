using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using BackupTools.Restic.Compression;
using BackupTools.Restic.Cryptography;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Blobs;

/// <summary>
/// Saves blobs in the background: some threads compress and encrypt and put into packs, others verify and write full
/// packs. What is under way is bounded in bytes, so that memory does not grow with what is saved. For any thread.
/// </summary>
internal sealed class BlobSaver : IDisposable
{
    private const long MaxBytesUnderWay = 8 << 20;

    // Each has a pack of its own in memory. Verifying one takes half as long as putting it together takes all cores.
    private static readonly int s_writerThreads = Environment.ProcessorCount > 2 ? 2 : 1;

    private readonly RepositoryKey _key;
    private readonly IZstandard? _zstandard;
    private readonly RepositoryOptions _options;
    private readonly Action<PackBuilder, CancellationToken> _write;
    private readonly CancellationTokenSource _stop = new();
    private readonly WorkQueue<Work> _work = new();
    private readonly WorkQueue<PackBuilder> _full = new();
    private readonly Gauge _bytesUnderWay;
    private readonly Gauge _packsUnderWay;
    private readonly OpenPack[] _open = [new(), new()];
    private readonly Stack<PackBuilder> _free = new();
    private readonly Thread[] _threads;
    private ExceptionDispatchInfo? _failure;
    private long _count;
    private long _bytes;
    private long _storedBytes;

    /// <summary>Starts the threads.</summary>
    /// <param name="key">What to encrypt with.</param>
    /// <param name="zstandard">What to compress with; null to leave everything as it is.</param>
    /// <param name="options">How.</param>
    /// <param name="write">Writes a full pack; called by several threads at once.</param>
    public BlobSaver(
        RepositoryKey key, IZstandard? zstandard, RepositoryOptions options, Action<PackBuilder, CancellationToken> write)
    {
        _key = key;
        _zstandard = zstandard;
        _options = options;
        _write = write;
        _bytesUnderWay = new Gauge(MaxBytesUnderWay, ThrowIfFailed);
        _packsUnderWay = new Gauge(s_writerThreads, ThrowIfFailed);
        _threads =
        [
            .. Enumerable.Range(0, options.Threads).Select(_ => new Thread(Encode) { Name = "blob encoder" }),
            .. Enumerable.Range(0, s_writerThreads).Select(_ => new Thread(WritePacks) { Name = "pack writer" }),
        ];
        foreach (Thread thread in _threads)
        {
            thread.IsBackground = true;
            thread.Start();
        }
    }

    /// <summary>What has been put into packs.</summary>
    public AddedBlobs Added =>
        new(Interlocked.Read(ref _count), Interlocked.Read(ref _bytes), Interlocked.Read(ref _storedBytes));

    /// <summary>Takes over a blob's content.</summary>
    public void Save(BlobHandle blob, ReadOnlySpan<byte> content, CancellationToken cancellation)
    {
        ThrowIfFailed();
        _bytesUnderWay.Enter(content.Length + 1, cancellation);
        _work.Add(new Work(blob, content));
    }

    /// <summary>Takes over a blob as it is stored elsewhere already.</summary>
    public void SaveStored(PackBlob blob, ReadOnlySpan<byte> ciphertext, CancellationToken cancellation)
    {
        ThrowIfFailed();
        Put(blob.Handle, ciphertext, (int)blob.UncompressedLength, cancellation);
    }

    /// <summary>Waits until all packs are written.</summary>
    public void Flush(CancellationToken cancellation)
    {
        _bytesUnderWay.WaitUntilEmpty(cancellation);
        foreach (OpenPack open in _open)
        {
            lock (open)
            {
                if (open.Pack is PackBuilder pack)
                {
                    Finish(pack, cancellation);
                    open.Pack = null;
                }
            }
        }

        _packsUnderWay.WaitUntilEmpty(cancellation);
        ThrowIfFailed();
    }

    /// <summary>Stops the threads. What is not written is dropped.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _work.Complete();
        _full.Complete();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _stop.Dispose();
    }

    private void ThrowIfFailed() => Volatile.Read(ref _failure)?.Throw();

    private void Fail(Exception e) => Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);

    private void Encode()
    {
        using ScratchBuffer scratch = new();
        while (_work.TryTake(out Work work))
        {
            try
            {
                // After a failure what is left is let go, so that nobody waits for it.
                if (_failure is null && !_stop.IsCancellationRequested)
                {
                    EncodeOne(work, scratch);
                }
            }
            catch (Exception e)
            {
                Fail(e);
            }
            finally
            {
                work.Free();
                _bytesUnderWay.Leave(work.Length + 1);
            }
        }
    }

    private void EncodeOne(Work work, ScratchBuffer scratch)
    {
        const int vector = RepositoryKey.Overhead / 2;
        ReadOnlySpan<byte> content = work.Content;
        bool isTree = work.Blob.Type == BlobType.Tree;
        int uncompressedLength = 0;
        Span<byte> sealedBytes;

        // An empty blob cannot be told to be compressed. Trees are compressed even where that gains nothing: restic's prune
        // would write every pack anew in which one is not.
        if (_zstandard is not null && !content.IsEmpty && (isTree || _options.Compression != CompressionMode.Off))
        {
            int level = ZstandardLevel.For(_options.Compression, content.Length);
            sealedBytes = scratch.Get(RepositoryKey.CiphertextLength(_zstandard.CompressBound(content.Length)));
            int compressed = _zstandard.Compress(content, sealedBytes[vector..^vector], level);
            if (isTree || compressed < content.Length)
            {
                uncompressedLength = content.Length;
                content = sealedBytes.Slice(vector, compressed);
            }
        }
        else
        {
            sealedBytes = scratch.Get(RepositoryKey.CiphertextLength(content.Length));
        }

        sealedBytes = sealedBytes[..RepositoryKey.CiphertextLength(content.Length)];
        _key.Encrypt(content, sealedBytes);
        Put(work.Blob, sealedBytes, uncompressedLength, _stop.Token);
    }

    private void Put(BlobHandle blob, ReadOnlySpan<byte> ciphertext, int uncompressedLength, CancellationToken cancellation)
    {
        OpenPack open = _open[(int)blob.Type];
        lock (open)
        {
            if (open.Pack?.Fits(ciphertext.Length) == false)
            {
                Finish(open.Pack, cancellation);
                open.Pack = null;
            }

            open.Pack ??= GetBuilder();
            open.Pack.Add(blob, ciphertext, uncompressedLength);
            if (open.Pack.IsFull)
            {
                // Waiting here, for the threads that write, is what slows down those who save.
                Finish(open.Pack, cancellation);
                open.Pack = null;
            }
        }

        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _bytes, uncompressedLength != 0 ? uncompressedLength : ciphertext.Length - RepositoryKey.Overhead);
        Interlocked.Add(ref _storedBytes, ciphertext.Length + PackHeader.GetEntryLength(uncompressedLength != 0));
    }

    private void Finish(PackBuilder pack, CancellationToken cancellation)
    {
        _packsUnderWay.Enter(1, cancellation);
        _full.Add(pack);
    }

    private PackBuilder GetBuilder()
    {
        lock (_free)
        {
            return _free.TryPop(out PackBuilder? pack) ? pack : new PackBuilder(_options.PackSize);
        }
    }

    private void WritePacks()
    {
        while (_full.TryTake(out PackBuilder? pack))
        {
            try
            {
                if (_failure is null && !_stop.IsCancellationRequested)
                {
                    _write(pack, _stop.Token);
                }
            }
            catch (Exception e)
            {
                Fail(e);
            }

            pack.Clear();
            lock (_free)
            {
                _free.Push(pack);
            }

            _packsUnderWay.Leave(1);
        }
    }

    /// <summary>
    /// A blob on its way. Outside the collected heap: contents of every size, up to 8 MiB, come and go so fast that the
    /// pools of arrays keep either too few or the wrong ones, and what they drop piles up until a full collection.
    /// </summary>
    private readonly unsafe struct Work
    {
        private readonly byte* _content;

        public Work(BlobHandle blob, ReadOnlySpan<byte> content)
        {
            Blob = blob;
            Length = content.Length;
            _content = (byte*)NativeMemory.Alloc((nuint)content.Length);
            content.CopyTo(new Span<byte>(_content, Length));
        }

        public BlobHandle Blob { get; }

        public int Length { get; }

        public ReadOnlySpan<byte> Content => new(_content, Length);

        public void Free() => NativeMemory.Free(_content);
    }

    /// <summary>The pack into which blobs of a type go.</summary>
    private sealed class OpenPack
    {
        public PackBuilder? Pack { get; set; }
    }
}
