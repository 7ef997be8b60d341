using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace BackupTools.Core.FileSystem;

/// <summary>
/// Writes a file from its beginning, block by block, and hashes the very same bytes beside that. Used by one thread.
/// </summary>
internal sealed class HashedWriter : IDisposable
{
    // Few and small enough to stay in a core's cache between filling, writing and hashing. The disk wants larger ones.
    private const int CachedBlockSize = 256 * 1024;
    private const int CachedBlocks = 4;
    private const int DirectBlocks = 8;

    // Early write-back keeps the disk at work, so that the sync at the end has little left to wait for.
    private const long WriteBackSize = 8 * 1024 * 1024;

    private readonly FileHandle? _to;
    private readonly bool _isDirect;
    private readonly int _blockSize;
    private readonly BlockingCollection<CopyBlock> _free = [];
    private readonly BlockingCollection<CopyBlock> _toHash = [];
    private readonly BlockingCollection<CopyBlock> _toWrite = [];
    private readonly Task<string> _hash;
    private readonly Task? _write;
    private volatile ExceptionDispatchInfo? _error;
    private CopyBlock? _current;
    private int _filled;
    private long _position;
    private long _writtenBack;

    /// <summary>Begins.</summary>
    /// <param name="to">An empty file, or <see langword="null"/> to only hash.</param>
    /// <param name="method">How to write.</param>
    public HashedWriter(FileHandle? to, WriteMethod method)
    {
        _to = to;
        _isDirect = method == WriteMethod.Direct && to is not null && to.TryBypassCache(true);
        _blockSize = _isDirect ? CopyBlock.Size : CachedBlockSize;
        for (int i = 0; i < (_isDirect ? DirectBlocks : CachedBlocks); i++)
        {
            _free.Add(CopyBlock.Rent());
        }

        _hash = Start(Hash);
        _write = to is not null && (_isDirect || method == WriteMethod.Behind) ? Start(WriteBehind) : null;
    }

    /// <summary>Bytes taken so far.</summary>
    public long Position => _position + _filled;

    /// <summary>The room to fill next; never empty.</summary>
    /// <exception cref="FileSystemException">Writing what came before failed.</exception>
    public Span<byte> GetRoom(CancellationToken cancellation)
    {
        if (_current is null)
        {
            _current = _free.Take(cancellation);
            _filled = 0;
            _error?.Throw();
        }

        return _current.Span[_filled.._blockSize];
    }

    /// <summary>Takes what was put into the room.</summary>
    public void Advance(int count)
    {
        _filled += count;
        if (_filled == _blockSize)
        {
            Submit();
        }
    }

    /// <summary>Takes bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
        {
            Span<byte> room = GetRoom(cancellation);
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Waits until all is written, though not yet durable, and hashed. Nothing can be added afterwards.</summary>
    /// <returns>SHA-256 in lower-case hex.</returns>
    public string Finish()
    {
        if (_current is not null && _filled > 0)
        {
            Submit();
        }

        _toHash.CompleteAdding();
        _toWrite.CompleteAdding();
        _write?.GetAwaiter().GetResult();
        _error?.Throw();
        if (_isDirect)
        {
            _to!.TryBypassCache(false);
        }

        return _hash.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _toHash.CompleteAdding();
        _toWrite.CompleteAdding();
        ((IAsyncResult)_hash).AsyncWaitHandle.WaitOne();
        (_write as IAsyncResult)?.AsyncWaitHandle.WaitOne();
        if (_current is not null)
        {
            _free.Add(_current);
        }

        while (_free.TryTake(out CopyBlock? block))
        {
            block.Return();
        }

        _free.Dispose();
        _toHash.Dispose();
        _toWrite.Dispose();
    }

    private static Task Start(Action work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Task<string> Start(Func<string> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Submit()
    {
        CopyBlock block = _current!;
        _current = null;
        block.Begin(_filled, _position, users: 2);
        _position += _filled;
        _filled = 0;
        _toHash.Add(block);
        if (_write is not null)
        {
            _toWrite.Add(block);
            return;
        }

        try
        {
            if (_to is not null)
            {
                WriteCached(block);
            }
        }
        finally
        {
            Release(block);
        }
    }

    private string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (CopyBlock block in _toHash.GetConsumingEnumerable())
        {
            hash.AppendData(block.Content);
            Release(block);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void WriteBehind()
    {
        bool isDirect = _isDirect;
        foreach (CopyBlock block in _toWrite.GetConsumingEnumerable())
        {
            // After an error blocks are only passed on, so that the caller finds room, and the error with it.
            if (_error is null)
            {
                try
                {
                    isDirect = Write(block, isDirect);
                }
                catch (Exception e)
                {
                    _error = ExceptionDispatchInfo.Capture(e);
                }
            }

            Release(block);
        }
    }

    private bool Write(CopyBlock block, bool isDirect)
    {
        if (!isDirect)
        {
            WriteCached(block);
            return false;
        }

        int aligned = block.Content.Length & ~(FileHandle.DirectAlignment - 1);
        try
        {
            _to!.WriteAt(block.Content[..aligned], block.Offset);
        }
        catch (FileSystemException) when (block.Offset == 0)
        {
            // A disk that wants another alignment: everything goes through the cache then, errors of the disk included.
            _to!.TryBypassCache(false);
            return Write(block, isDirect: false);
        }

        if (aligned < block.Content.Length)
        {
            _to.TryBypassCache(false);
            _to.WriteAt(block.Content[aligned..], block.Offset + aligned);
            return false;
        }

        return true;
    }

    private void WriteCached(CopyBlock block)
    {
        _to!.WriteCached(block.Content, block.Offset);
        long end = block.Offset + block.Content.Length;
        if (end - _writtenBack >= WriteBackSize)
        {
            _to!.StartWriteBack(_writtenBack, end - _writtenBack);
            _writtenBack = end;
        }
    }

    private void Release(CopyBlock block)
    {
        if (block.Release())
        {
            _free.Add(block);
        }
    }
}
