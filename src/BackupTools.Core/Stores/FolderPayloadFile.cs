using System.Security.Cryptography;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Stores;

/// <summary>A file of a payload in a folder store: a copy, hashed as it is made.</summary>
internal sealed class FolderPayloadFile : IPayloadFile
{
    // Smaller ones are hashed by the worker that copies them: others are copied beside it.
    private const long LargeFile = 16 * 1024 * 1024;

    private readonly FileHandle _file;
    private bool _isUsed;

    /// <summary>Takes over the handle of a new file.</summary>
    public FolderPayloadFile(FileHandle file) => _file = file;

    public StoredContent Store(in SourceContent source, Action<long> done, CancellationToken cancellation)
    {
        if (_isUsed)
        {
            _file.Reset();
        }

        _isUsed = true;
        int count = source.Filled;
        if (source.IsWhole)
        {
            ReadOnlySpan<byte> whole = source.Buffer.AsSpan(0, count);
            _file.Write(whole);
            done(count);
            return new StoredContent(count, Convert.ToHexStringLower(SHA256.HashData(whole)));
        }

        if (source.Size >= LargeFile)
        {
            (long copied, string sha256) = HashedCopy.Run(
                source.File, source.Buffer.AsSpan(0, count), _file, WriteMethod.Direct, bytes => done(bytes), cancellation);
            return new StoredContent(copied, sha256);
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        while (count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> block = source.Buffer.AsSpan(0, count);
            _file.Write(block);
            _file.StartWriteBack(bytes, count);
            hash.AppendData(block);
            bytes += count;
            done(count);
            count = source.File.Read(source.Buffer);
        }

        return new StoredContent(bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    public void Dispose() => _file.Dispose();
}
