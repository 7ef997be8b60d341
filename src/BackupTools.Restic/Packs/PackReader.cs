using System.Buffers.Binary;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic.Packs;

/// <summary>Reads the list of blobs at the end of a pack.</summary>
internal static class PackReader
{
    // Enough for the header of most packs of files, so that they take one request; a pack of small blobs takes two.
    private const int FirstRead = 4096;

    /// <summary>Reads it from a whole pack.</summary>
    /// <exception cref="RepositoryDataException">It is damaged, or that is no pack.</exception>
    public static List<PackBlob> ReadHeader(RepositoryKey key, ReadOnlySpan<byte> pack)
    {
        int length = GetHeaderLength(pack, pack.Length);
        return Decode(key, pack[..^PackHeader.LengthSize][^length..], pack.Length);
    }

    /// <summary>Reads it from a pack's file.</summary>
    /// <param name="backend">Where the pack is.</param>
    /// <param name="key">The repository's key.</param>
    /// <param name="pack">The pack.</param>
    /// <param name="packLength">How long the file is.</param>
    /// <exception cref="RepositoryDataException">It is damaged, or that is no pack.</exception>
    public static List<PackBlob> ReadHeader(IRepositoryBackend backend, RepositoryKey key, ObjectId pack, long packLength)
    {
        byte[] end = ReadEnd(backend, pack, packLength, (int)Math.Min(FirstRead, packLength));
        int length = GetHeaderLength(end, packLength);
        if (length + PackHeader.LengthSize > end.Length)
        {
            end = ReadEnd(backend, pack, packLength, length + PackHeader.LengthSize);
        }

        return Decode(key, end.AsSpan()[..^PackHeader.LengthSize][^length..], packLength);
    }

    private static byte[] ReadEnd(IRepositoryBackend backend, ObjectId pack, long packLength, int length)
    {
        byte[] end = new byte[length];
        int read = backend.Read(new RepositoryFile(RepositoryFileType.Pack, pack), packLength - length, end);
        return read == length ? end : throw new RepositoryDataException("It became shorter while it was read.");
    }

    private static int GetHeaderLength(ReadOnlySpan<byte> end, long packLength)
    {
        if (end.Length < PackHeader.LengthSize)
        {
            throw new RepositoryDataException($"It is truncated: it has {packLength} bytes.");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(end[^PackHeader.LengthSize..]);
        return length is >= RepositoryKey.Overhead and <= PackHeader.MaxLength && length <= packLength - PackHeader.LengthSize
            ? (int)length
            : throw new RepositoryDataException("Its end is damaged or missing: no header can have the length that it tells.");
    }

    private static List<PackBlob> Decode(RepositoryKey key, ReadOnlySpan<byte> header, long packLength)
    {
        byte[] entries = new byte[header.Length - RepositoryKey.Overhead];
        key.Decrypt(header, entries);
        List<PackBlob> blobs = PackHeader.Read(entries);
        long end = blobs.Count == 0 ? 0 : blobs[^1].End;
        return end + header.Length + PackHeader.LengthSize == packLength
            ? blobs
            : throw new RepositoryDataException($"It has {packLength} bytes, which is not what its header tells.");
    }
}
