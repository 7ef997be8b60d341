using System.Buffers.Binary;
using System.Security.Cryptography;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// Hashes a database copy while it grows, and has the disk begin to write it back, a step behind the copying.
/// Pages behind the step are final but for the first, which SQLite writes last, with a change counter of its own. So
/// the first is foretold, and where the finished file begins otherwise, the hash is taken for unknown.
/// </summary>
internal sealed class CopyFollower : IDisposable
{
    private const int BlockSize = 1024 * 1024;
    private const long WriteBackBytes = 16 * 1024 * 1024;

    private readonly FileHandle _file;
    private readonly byte[] _foretold;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _moved = new(0);
    private readonly Task _task;
    private long _final;
    private bool _isEnded;
    private bool _isAbandoned;

    /// <summary>Begins to follow.</summary>
    /// <param name="target">Full path of the growing copy.</param>
    /// <param name="firstPage">The first page as it lies at the source.</param>
    public CopyFollower(string target, byte[] firstPage)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(target)!);
        _file = directory.OpenFile(EntryName.FromText(Path.GetFileName(target)));
        _foretold = Foretell(firstPage);
        _task = Task.Factory.StartNew(Follow, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Says how far the copy has been written to its file.</summary>
    /// <param name="bytes">Bytes from its beginning.</param>
    public void Advance(long bytes)
    {
        Volatile.Write(ref _final, bytes);
        _moved.Release();
    }

    /// <summary>Says that the copy is whole, and waits until all of it is hashed.</summary>
    /// <returns>SHA-256 in lower-case hex, or <see langword="null"/> where it has to be taken anew.</returns>
    public string? Finish()
    {
        long length = _file.GetStatus().Size;
        lock (_gate)
        {
            _isEnded = true;
        }

        Advance(length);
        _task.GetAwaiter().GetResult();
        byte[] actual = new byte[_foretold.Length];
        return length >= actual.Length && _file.ReadAt(actual, 0) == actual.Length && actual.AsSpan().SequenceEqual(_foretold)
            ? Convert.ToHexStringLower(_hash.GetHashAndReset())
            : null;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isAbandoned = true;
        }

        _moved.Release();
        ((IAsyncResult)_task).AsyncWaitHandle.WaitOne();
        _file.Dispose();
        _hash.Dispose();
        _moved.Dispose();
    }

    // What sqlite3_backup_step and the commit behind it write into an empty file: a schema cookie of 1, a change counter
    // of 1, and the version of the library that wrote last (https://sqlite.org/fileformat2.html, 1.3).
    private static byte[] Foretell(byte[] firstPage)
    {
        byte[] page = [.. firstPage];
        if (page.Length >= DatabaseFile.HeaderLength)
        {
            BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(24), 1);
            BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(40), 1);
            BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(92), 1);
            BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(96), SqliteEngine.VersionNumber);
        }

        return page;
    }

    private void Follow()
    {
        byte[] block = GC.AllocateUninitializedArray<byte>(BlockSize);
        long done = _foretold.Length;
        long writtenBack = 0;
        _hash.AppendData(_foretold);
        while (true)
        {
            _moved.Wait();
            bool isEnded;
            lock (_gate)
            {
                if (_isAbandoned)
                {
                    return;
                }

                isEnded = _isEnded;
            }

            long final = Volatile.Read(ref _final);
            while (done < final)
            {
                int count = _file.ReadAt(block.AsSpan(0, (int)Math.Min(block.Length, final - done)), done);
                if (count == 0)
                {
                    // Not there yet after all: what is missing comes with a later step.
                    break;
                }

                _hash.AppendData(block, 0, count);
                done += count;
            }

            if (isEnded && done >= final)
            {
                return;
            }

            if (done - writtenBack >= WriteBackBytes)
            {
                _file.StartWriteBack(writtenBack, done - writtenBack);
                writtenBack = done;
            }
        }
    }
}
