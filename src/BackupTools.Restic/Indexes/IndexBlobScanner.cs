using BackupTools.Restic.Blobs;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Indexes;

/// <summary>
/// Reads a pack's blobs in an index file as long as they are written as restic and this program write them: of an index with
/// millions of blobs, reading that text is most of the work. Whatever looks different is left to the reader of JSON.
/// </summary>
internal static class IndexBlobScanner
{
    private const int HexLength = 2 * ObjectId.Length;

    /// <summary>Reads blobs.</summary>
    /// <param name="text">What comes behind the beginning of the list.</param>
    /// <param name="blobs">Where the blobs go.</param>
    /// <returns>How much of the text was read: up to the end of the list, or up to a blob that looks different.</returns>
    public static int Read(ReadOnlySpan<byte> text, List<PackBlob> blobs)
    {
        int read = 0;
        ReadOnlySpan<byte> rest = text;
        while (TryReadBlob(ref rest, out PackBlob blob))
        {
            bool isLast = rest.StartsWith("]"u8);
            if (!isLast && !rest.StartsWith(",{"u8))
            {
                break;
            }

            blobs.Add(blob);
            rest = isLast ? rest : rest[1..];
            read = text.Length - rest.Length;
        }

        return read;
    }

    private static bool TryReadBlob(ref ReadOnlySpan<byte> text, out PackBlob blob)
    {
        blob = default;
        ReadOnlySpan<byte> rest = text;
        if (!TryTake(ref rest, "{\"id\":\""u8) || rest.Length < HexLength || !ObjectId.TryParse(rest[..HexLength], out ObjectId id))
        {
            return false;
        }

        rest = rest[HexLength..];
        BlobType type;
        if (TryTake(ref rest, "\",\"type\":\"data\",\"offset\":"u8))
        {
            type = BlobType.Data;
        }
        else if (TryTake(ref rest, "\",\"type\":\"tree\",\"offset\":"u8))
        {
            type = BlobType.Tree;
        }
        else
        {
            return false;
        }

        uint uncompressedLength = 0;
        if (!TryTakeNumber(ref rest, out uint offset)
            || !TryTake(ref rest, ",\"length\":"u8) || !TryTakeNumber(ref rest, out uint length)
            || (TryTake(ref rest, ",\"uncompressed_length\":"u8) && !TryTakeNumber(ref rest, out uncompressedLength))
            || !TryTake(ref rest, "}"u8))
        {
            return false;
        }

        blob = new PackBlob(new BlobHandle(type, id), offset, length, uncompressedLength);
        text = rest;
        return blob.IsPlausible;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> expected)
    {
        if (!text.StartsWith(expected))
        {
            return false;
        }

        text = text[expected.Length..];
        return true;
    }

    // What begins with a zero, or may be too large, is not for here.
    private static bool TryTakeNumber(ref ReadOnlySpan<byte> text, out uint value)
    {
        const int mostDigits = 9;
        value = 0;
        int digits = 0;
        while (digits < text.Length && digits <= mostDigits && char.IsAsciiDigit((char)text[digits]))
        {
            value = (value * 10) + (uint)(text[digits++] - '0');
        }

        bool taken = digits is > 0 and <= mostDigits && (digits == 1 || text[0] != '0');
        text = text[digits..];
        return taken;
    }
}
