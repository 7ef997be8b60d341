using System.Text.Json;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Json;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Indexes;

/// <summary>An index file's content: packs, and the blobs in each.</summary>
internal static class IndexJson
{
    /// <summary>
    /// Writes a file. What it supersedes, older versions of restic leave out; newer ones, which write no such list, go by
    /// what is there.
    /// </summary>
    public static ReadOnlyMemory<byte> Write(
        IReadOnlyCollection<(ObjectId Pack, IReadOnlyList<PackBlob> Blobs)> packs, IReadOnlyList<ObjectId> supersedes)
    {
        // Enough at once: growing by and by would leave as much again behind.
        JsonText json = new(1024 + (packs.Count * 100) + (packs.Sum(pack => pack.Blobs.Count) * 160) + (supersedes.Count * 70));
        json.Raw("{"u8);
        for (int i = 0; i < supersedes.Count; i++)
        {
            json.Raw(i == 0 ? "\"supersedes\":["u8 : ","u8).Id(supersedes[i]);
        }

        json.Raw(supersedes.Count > 0 ? "],\"packs\":["u8 : "\"packs\":["u8);
        bool isFirst = true;
        foreach ((ObjectId pack, IReadOnlyList<PackBlob> blobs) in packs)
        {
            json.Raw(isFirst ? "{\"id\":"u8 : ",{\"id\":"u8).Id(pack).Raw(",\"blobs\":["u8);
            isFirst = false;
            for (int i = 0; i < blobs.Count; i++)
            {
                WriteBlob(json, blobs[i], isFirst: i == 0);
            }

            json.Raw("]}"u8);
        }

        json.Raw("]}\n"u8);
        return json.Written;
    }

    /// <summary>Reads a file, pack by pack.</summary>
    /// <param name="content">The file's content.</param>
    /// <param name="handle">Called with each pack and its blobs; the list is used again for the next.</param>
    /// <exception cref="RepositoryDataException">That is no index.</exception>
    public static void Read(ReadOnlySpan<byte> content, Action<ObjectId, List<PackBlob>> handle)
    {
        try
        {
            Utf8JsonReader reader = new(content);
            JsonFields.Next(ref reader);
            JsonFields.Expect(ref reader, JsonTokenType.StartObject, "index");
            while (JsonFields.NextMember(ref reader))
            {
                bool isPacks = reader.ValueTextEquals("packs"u8);
                JsonFields.Next(ref reader);
                if (isPacks)
                {
                    ReadPacks(ref reader, ref content, handle);
                }
                else
                {
                    // Files that this one supersedes do no harm where they are left: what they tell is still true, or
                    // they would not be there.
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new RepositoryDataException($"It is no index: {e.Message}", e);
        }
    }

    private static void WriteBlob(JsonText json, PackBlob blob, bool isFirst)
    {
        json.Raw(isFirst ? "{\"id\":"u8 : ",{\"id\":"u8).Id(blob.Handle.Id);
        json.Raw(blob.Handle.Type == BlobType.Tree ? ",\"type\":\"tree\",\"offset\":"u8 : ",\"type\":\"data\",\"offset\":"u8);
        json.Number(blob.Offset).Raw(",\"length\":"u8).Number(blob.Length);
        if (blob.IsCompressed)
        {
            json.Raw(",\"uncompressed_length\":"u8).Number(blob.UncompressedLength);
        }

        json.Raw("}"u8);
    }

    // What the reader has in front of it is the content, which is cut off behind what was read without it.
    private static void ReadPacks(
        ref Utf8JsonReader reader, ref ReadOnlySpan<byte> content, Action<ObjectId, List<PackBlob>> handle)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        JsonFields.Expect(ref reader, JsonTokenType.StartArray, "list of packs");
        List<PackBlob> blobs = [];
        while (JsonFields.NextElement(ref reader))
        {
            JsonFields.Expect(ref reader, JsonTokenType.StartObject, "pack");
            ObjectId pack = default;
            blobs.Clear();
            while (JsonFields.NextMember(ref reader))
            {
                bool isId = reader.ValueTextEquals("id"u8);
                bool isBlobs = reader.ValueTextEquals("blobs"u8);
                JsonFields.Next(ref reader);
                if (isId)
                {
                    pack = JsonFields.Id(ref reader);
                }
                else if (isBlobs && reader.TokenType == JsonTokenType.StartArray)
                {
                    content = content[(int)reader.BytesConsumed..];
                    content = content[IndexBlobScanner.Read(content, blobs)..];
                    reader = new Utf8JsonReader(content, isFinalBlock: true, reader.CurrentState);
                    while (JsonFields.NextElement(ref reader))
                    {
                        blobs.Add(ReadBlob(ref reader));
                    }
                }
                else
                {
                    reader.Skip();
                }
            }

            handle(pack.IsZero ? throw JsonFields.Unexpected("pack's id") : pack, blobs);
        }
    }

    private static PackBlob ReadBlob(ref Utf8JsonReader reader)
    {
        JsonFields.Expect(ref reader, JsonTokenType.StartObject, "blob");
        ObjectId id = default;
        BlobType type = BlobType.Data;
        uint offset = 0;
        uint length = 0;
        uint uncompressedLength = 0;
        while (JsonFields.NextMember(ref reader))
        {
            ReadOnlySpan<byte> name = reader.ValueSpan;
            JsonFields.Next(ref reader);
            switch (name.Length)
            {
                case 2 when name.SequenceEqual("id"u8):
                    id = JsonFields.Id(ref reader);
                    break;
                case 4 when name.SequenceEqual("type"u8):
                    type = ReadType(ref reader);
                    break;
                case 6 when name.SequenceEqual("offset"u8):
                    offset = reader.GetUInt32();
                    break;
                case 6 when name.SequenceEqual("length"u8):
                    length = reader.GetUInt32();
                    break;
                case 19 when name.SequenceEqual("uncompressed_length"u8):
                    uncompressedLength = reader.GetUInt32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        PackBlob blob = new(new BlobHandle(type, id), offset, length, uncompressedLength);
        return blob.IsPlausible ? blob : throw JsonFields.Unexpected("place of a blob");
    }

    private static BlobType ReadType(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("data"u8) ? BlobType.Data
        : reader.ValueTextEquals("tree"u8) ? BlobType.Tree
        : throw JsonFields.Unexpected("type of a blob");
}
