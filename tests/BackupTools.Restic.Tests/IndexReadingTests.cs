using System.Text;
using System.Text.Json;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Tests;

/// <summary>An index is read by two readers, one for what is written as usual: they have to agree with each other.</summary>
public sealed class IndexReadingTests
{
    private static readonly List<(ObjectId Pack, IReadOnlyList<PackBlob> Blobs)> s_packs = MakePacks();

    [Fact]
    public void What_is_written_is_read()
    {
        ReadOnlyMemory<byte> text = IndexJson.Write(s_packs, [s_packs[0].Pack]);
        Assert.Equal(s_packs.SelectMany(Flatten), Read(text.Span));
    }

    [Theory]
    [InlineData("{\"id\":", "{ \"id\":")]
    [InlineData(",\"type\":\"data\",", ",\"extra\":[1,{\"a\":2}],\"type\":\"data\",")]
    [InlineData("\"type\":\"data\"", "\"type\" : \"data\"")]
    [InlineData("},{", "} ,\n {")]
    [InlineData(",\"blobs\":[", ", \"blobs\": [ ")]
    public void The_same_is_read_when_it_is_written_otherwise(string usual, string other)
    {
        string text = Encoding.UTF8.GetString(IndexJson.Write(s_packs, []).Span);
        Assert.Contains(usual, text, StringComparison.Ordinal);
        Assert.Equal(s_packs.SelectMany(Flatten), Read(Encoding.UTF8.GetBytes(text.Replace(usual, other, StringComparison.Ordinal))));

        // And where only one of them is.
        int last = text.LastIndexOf(usual, StringComparison.Ordinal);
        Assert.Equal(
            s_packs.SelectMany(Flatten),
            Read(Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, last), other, text.AsSpan(last + usual.Length)))));
    }

    [Theory]
    [InlineData("},{", "}{")]
    [InlineData("},{", "},,{")]
    [InlineData("}]}", "},]}")]
    [InlineData("\"offset\":0,", "\"offset\":00,")]
    [InlineData("\"offset\":0,", "\"offset\":-1,")]
    [InlineData("\"offset\":0,", "\"offset\":4294967296,")]
    [InlineData("\"offset\":0,", "\"offset\":4294967290,")]
    [InlineData("\"type\":\"data\"", "\"type\":\"date\"")]
    [InlineData("{\"id\":\"", "{\"id\":\"x")]
    public void What_is_wrong_is_refused(string right, string wrong)
    {
        string text = Encoding.UTF8.GetString(IndexJson.Write(s_packs, []).Span);
        Assert.Contains(right, text, StringComparison.Ordinal);
        Assert.Throws<RepositoryDataException>(
            () => Read(Encoding.UTF8.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal))));
    }

    [Fact]
    public void Whatever_bytes_are_changed_nothing_is_read_that_JSON_does_not_say()
    {
        byte[] text = IndexJson.Write(s_packs[..2], []).ToArray();
        Random random = new(1);
        int understood = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] changed = [.. text];
            int at = random.Next(changed.Length);
            changed[at] = text[random.Next(text.Length)];
            if (round % 3 == 0)
            {
                changed = [.. changed[..at], .. changed[(at + 1)..]];
            }

            List<(ObjectId, PackBlob)> read;
            try
            {
                read = Read(changed);
            }
            catch (RepositoryDataException)
            {
                continue;
            }

            // What comes behind the object is not looked at.
            if (TryParse(changed) is { } document)
            {
                using (document)
                {
                    Assert.Equal(ReadDocument(document), read);
                }

                understood++;
            }
        }

        Assert.InRange(understood, 1000, 20_000);
    }

    private static List<(ObjectId Pack, IReadOnlyList<PackBlob> Blobs)> MakePacks()
    {
        List<(ObjectId, IReadOnlyList<PackBlob>)> packs = [];
        Random random = new(1);
        for (int i = 0; i < 5; i++)
        {
            List<PackBlob> blobs = [];
            uint offset = 0;
            for (int n = 0; n < i * 4; n++)
            {
                uint length = (uint)random.Next(40, 1 << (5 + (4 * i)));
                BlobHandle handle = new(i == 3 ? BlobType.Tree : BlobType.Data, ObjectId.Hash([(byte)i, (byte)n]));
                blobs.Add(new PackBlob(handle, offset, length, n % 3 == 0 ? 0 : (uint)random.Next(1, 1 << 20)));
                offset += length;
            }

            packs.Add((ObjectId.Hash([(byte)i]), blobs));
        }

        return packs;
    }

    private static IEnumerable<(ObjectId, PackBlob)> Flatten((ObjectId Pack, IReadOnlyList<PackBlob> Blobs) pack) =>
        pack.Blobs.Select(blob => (pack.Pack, blob));

    private static List<(ObjectId, PackBlob)> Read(ReadOnlySpan<byte> text)
    {
        List<(ObjectId, PackBlob)> read = [];
        IndexJson.Read(text, (pack, blobs) => read.AddRange(blobs.Select(blob => (pack, blob))));
        return read;
    }

    private static JsonDocument? TryParse(byte[] text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<(ObjectId, PackBlob)> ReadDocument(JsonDocument document)
    {
        List<(ObjectId, PackBlob)> read = [];
        if (!document.RootElement.TryGetProperty("packs", out JsonElement packs) || packs.ValueKind == JsonValueKind.Null)
        {
            return read;
        }

        foreach (JsonElement pack in packs.EnumerateArray())
        {
            if (!pack.TryGetProperty("blobs", out JsonElement blobs) || blobs.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            read.AddRange(blobs.EnumerateArray().Select(blob => (ObjectId.Parse(pack.GetProperty("id").GetString()), new PackBlob(
                new BlobHandle(
                    blob.TryGetProperty("type", out JsonElement type) && type.GetString() == "tree" ? BlobType.Tree : BlobType.Data,
                    blob.TryGetProperty("id", out JsonElement id) ? ObjectId.Parse(id.GetString()) : default),
                Number(blob, "offset"),
                Number(blob, "length"),
                Number(blob, "uncompressed_length")))));
        }

        return read;
    }

    private static uint Number(JsonElement blob, string name) =>
        blob.TryGetProperty(name, out JsonElement number) ? number.GetUInt32() : 0;
}
