using System.Buffers.Binary;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic.Packs;

/// <summary>
/// The list of blobs at the end of a pack, before it is encrypted: for each its type, its length, if it is compressed the
/// length of its content, and its id. Where a blob begins follows from those before.
/// </summary>
internal static class PackHeader
{
    /// <summary>The header's own length, in the pack's last bytes.</summary>
    public const int LengthSize = 4;

    /// <summary>The most that restic reads.</summary>
    public const int MaxLength = 16 << 20;

    private const byte TreeFlag = 1;
    private const byte CompressedFlag = 2;

    /// <summary>What a blob's entry takes.</summary>
    public static int GetEntryLength(bool isCompressed) => isCompressed ? 41 : 37;

    /// <summary>What a header of these entries takes in the pack, with its encryption and its length.</summary>
    public static int GetStoredLength(int entriesLength) => entriesLength + RepositoryKey.Overhead + LengthSize;

    /// <summary>How long the file of a pack is that holds these blobs and no others.</summary>
    public static long GetFileLength(IEnumerable<PackBlob> blobs) =>
        GetStoredLength(0) + blobs.Sum(blob => (long)blob.Length + GetEntryLength(blob.IsCompressed));

    /// <summary>Writes the entries of blobs that lie one behind the other.</summary>
    public static void Write(IReadOnlyList<PackBlob> blobs, Span<byte> header)
    {
        for (int i = 0; i < blobs.Count; i++)
        {
            PackBlob blob = blobs[i];
            header[0] = (byte)((blob.Handle.Type == BlobType.Tree ? TreeFlag : 0) | (blob.IsCompressed ? CompressedFlag : 0));
            BinaryPrimitives.WriteUInt32LittleEndian(header[1..], blob.Length);
            if (blob.IsCompressed)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(header[5..], blob.UncompressedLength);
            }

            int length = GetEntryLength(blob.IsCompressed);
            blob.Handle.Id.Span.CopyTo(header[(length - ObjectId.Length)..]);
            header = header[length..];
        }
    }

    /// <summary>Reads the entries.</summary>
    /// <exception cref="RepositoryDataException">That is no header.</exception>
    public static List<PackBlob> Read(ReadOnlySpan<byte> header)
    {
        List<PackBlob> blobs = new(header.Length / GetEntryLength(isCompressed: false));
        uint offset = 0;
        while (!header.IsEmpty)
        {
            bool isCompressed = (header[0] & CompressedFlag) != 0;
            int length = GetEntryLength(isCompressed);
            if (header[0] > (TreeFlag | CompressedFlag) || header.Length < length)
            {
                throw new RepositoryDataException("The header is not a list of blobs.");
            }

            PackBlob blob = new(
                new BlobHandle(
                    (header[0] & TreeFlag) != 0 ? BlobType.Tree : BlobType.Data,
                    new ObjectId(header.Slice(length - ObjectId.Length, ObjectId.Length))),
                offset,
                BinaryPrimitives.ReadUInt32LittleEndian(header[1..]),
                isCompressed ? BinaryPrimitives.ReadUInt32LittleEndian(header[5..]) : 0);
            if (!blob.IsPlausible)
            {
                throw new RepositoryDataException("The header tells impossible lengths.");
            }

            blobs.Add(blob);
            offset += blob.Length;
            header = header[length..];
        }

        return blobs;
    }
}
