using System.Collections.Concurrent;
using System.Security.Cryptography;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>
/// Reads a large file once, writing and hashing what was read: the hash is of the very bytes written, and is made on a
/// second thread so that it costs no time beside the copy.
/// </summary>
internal static class VerifiedCopy
{
    // Few and small enough to stay in a core's cache between read, write and hash.
    private const int BlockSize = 256 * 1024;
    private const int Blocks = 4;

    // Early write-back keeps the disk at work, so that the sync at the end has little left to wait for.
    private const long WriteBackSize = 8 * 1024 * 1024;

    /// <summary>Copies a file from its beginning.</summary>
    /// <param name="from">The file to read.</param>
    /// <param name="to">The file to write, or <see langword="null"/> to only hash.</param>
    /// <param name="done">Is told of bytes done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Bytes, and their SHA-256 in lower-case hex.</returns>
    public static (long Bytes, string Sha256) Run(
        FileHandle from, FileHandle? to, Action<int> done, CancellationToken cancellation)
    {
        using BlockingCollection<byte[]> free = [];
        using BlockingCollection<(byte[] Block, int Count)> full = [];
        for (int i = 0; i < Blocks; i++)
        {
            free.Add(GC.AllocateUninitializedArray<byte>(BlockSize), CancellationToken.None);
        }

        Task<string> hash = Task.Factory.StartNew(
            () => Hash(full, free), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        long bytes = 0;
        try
        {
            long writtenBack = 0;
            while (true)
            {
                byte[] block = free.Take(cancellation);
                int count = Fill(from, block);
                if (count == 0)
                {
                    break;
                }

                full.Add((block, count), CancellationToken.None);
                to?.Write(block.AsSpan(0, count));
                bytes += count;
                done(count);
                if (to is not null && bytes - writtenBack >= WriteBackSize)
                {
                    to.StartWriteBack(writtenBack, bytes - writtenBack);
                    writtenBack = bytes;
                }

                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            full.CompleteAdding();
            hash.Wait(CancellationToken.None);
        }

        return (bytes, hash.Result);
    }

    private static int Fill(FileHandle from, byte[] block)
    {
        int filled = 0;
        int count;
        while (filled < block.Length && (count = from.Read(block.AsSpan(filled))) > 0)
        {
            filled += count;
        }

        return filled;
    }

    private static string Hash(BlockingCollection<(byte[] Block, int Count)> full, BlockingCollection<byte[]> free)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((byte[] block, int count) in full.GetConsumingEnumerable())
        {
            hash.AppendData(block, 0, count);
            free.Add(block);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
