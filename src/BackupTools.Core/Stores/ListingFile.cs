using System.Security.Cryptography;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Stores;

/// <summary>A listing that is being written, hashed on the way.</summary>
internal sealed class ListingFile : IDisposable
{
    private readonly FileHandle _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _filled;

    public ListingFile(FileHandle file) => _file = file;

    public void Write(ReadOnlySpan<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            int count = Math.Min(lines.Length, _buffer.Length - _filled);
            lines[..count].CopyTo(_buffer.AsSpan(_filled));
            _filled += count;
            lines = lines[count..];
            if (_filled == _buffer.Length)
            {
                Flush();
            }
        }
    }

    public void Flush()
    {
        ReadOnlySpan<byte> pending = _buffer.AsSpan(0, _filled);
        _hash.AppendData(pending);
        _file.Write(pending);
        _filled = 0;
    }

    public string GetHash()
    {
        Flush();
        return Convert.ToHexStringLower(_hash.GetCurrentHash());
    }

    public void Sync() => _file.Sync();

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }
}
