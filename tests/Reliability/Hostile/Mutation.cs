using System.Text;
using System.Text.Json.Nodes;

namespace BackupTools.Reliability.Hostile;

/// <summary>Alters what honest runs wrote.</summary>
internal static class Mutation
{
    private static readonly string[] s_texts =
    [
        "", ".", "..", "../outside/canary", "../outside", "/", "/etc/passwd", "a/b", "a/../../outside/canary", "sub/", "./one", "a\\b", "C:\\x", "con",
        "a\0b", "HALF-A-PAIR", "\n", "é", "e\u0301", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z",
        "not a time", "file", "directory", "symlink", "sqlite", "exact", "raw", "ok", "corrupt", "7777", "-1", "AAAA", "====",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ".backuptools.lock", ".partial-x", "honest",
    ];

    private static readonly string[] s_numbers =
        ["0", "-1", "1", "1.5", "1e308", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "4294967296", "1e999"];

    /// <summary>Changes some bytes: flips bits, sets, inserts, removes, doubles, cuts off.</summary>
    public static byte[] Bytes(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int left = random.Next(1, 9); left > 0 && bytes.Count > 0; left--)
        {
            int at = Place(bytes.Count, random);
            switch (random.Next(8))
            {
                case 0 or 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 or 3:
                    bytes[at] = Odd(random);
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Range(0, random.Next(1, 40)).Select(_ => Odd(random)));
                    break;
                case 5:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 40)));
                    break;
                case 6:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 4000))));
                    break;
                default:
                    if (random.Next(4) == 0)
                    {
                        bytes.RemoveRange(at, bytes.Count - at);
                    }
                    else
                    {
                        bytes[at] = (byte)random.Next(256);
                    }

                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Changes bytes in place, at the beginnings of blocks above all: where a database keeps what leads elsewhere.</summary>
    public static byte[] Blocks(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        for (int left = random.Next(1, 12); left > 0 && bytes.Length > 0; left--)
        {
            int block = random.Next((bytes.Length / 512) + 1) * 512;
            int at = Math.Min(bytes.Length - 1, random.Next(3) == 0 ? random.Next(Math.Min(bytes.Length, 112)) : block + random.Next(32));
            int length = Math.Min(bytes.Length - at, random.Next(1, 5));
            for (int i = 0; i < length; i++)
            {
                bytes[at + i] = Odd(random);
            }
        }

        return random.Next(10) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    /// <summary>Replaces, removes or doubles some values of a JSON object.</summary>
    public static byte[] Fields(byte[] text, Random random)
    {
        JsonNode root = JsonNode.Parse(text)!;
        for (int left = random.Next(1, 4); left > 0; left--)
        {
            JsonNode[] nodes = [.. Below(root)];
            if (nodes.Length == 0)
            {
                break;
            }

            JsonNode node = nodes[random.Next(nodes.Length)];
            bool isRemoved = random.Next(6) == 0;
            if (node.Parent is JsonObject parent)
            {
                string name = node.GetPropertyName();
                parent.Remove(name);
                if (!isRemoved)
                {
                    parent[random.Next(20) == 0 ? name.ToUpperInvariant() : name] = Value(random);
                }
            }
            else if (node.Parent is JsonArray array)
            {
                array[node.GetElementIndex()] = isRemoved ? null : Value(random);
            }
        }

        // Half a surrogate pair is no text that a serializer takes.
        string changed = root.ToJsonString().Replace("HALF-A-PAIR", "\\ud800", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(random.Next(8) == 0 ? changed[..^1] + "," + changed[1..] : changed);
    }

    /// <summary>Changes lines of a listing: their fields, their order, their number; or hides a way out behind a link.</summary>
    public static byte[] Lines(byte[] listing, Random random)
    {
        List<string> lines = [.. Encoding.UTF8.GetString(listing).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        for (int left = random.Next(1, 4); left > 0 && lines.Count > 0; left--)
        {
            int at = random.Next(lines.Count);
            switch (random.Next(7))
            {
                case 0:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines.Insert(random.Next(lines.Count), lines[at]);
                    break;
                case 2:
                    (lines[at], lines[^1]) = (lines[^1], lines[at]);
                    break;
                case 3:
                    lines.Add("""{"path":"zz","type":"symlink","target":"../outside","modified":"2020-01-01T00:00:00.000000000Z","mode":"777"}""");
                    lines.Add("""{"path":"zz/canary","type":"file","bytes":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","modified":"2020-01-01T00:00:00.000000000Z","mode":"644"}""");
                    break;
                default:
                    lines[at] = Encoding.UTF8.GetString(Fields(Encoding.UTF8.GetBytes(lines[at]), random));
                    break;
            }
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines) + (random.Next(10) == 0 ? string.Empty : "\n"));
    }

    private static int Place(int count, Random random) => random.Next(2) == 0 ? random.Next(count) : random.Next(Math.Min(count, 200));

    private static byte Odd(Random random) => random.Next(3) switch
    {
        0 => 0,
        1 => 0xff,
        _ => (byte)random.Next(256),
    };

    private static JsonNode? Value(Random random) => random.Next(8) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(2) == 0),
        2 => JsonNode.Parse(s_numbers[random.Next(s_numbers.Length - 1)]),
        3 => new JsonArray(),
        4 => new JsonObject { ["name"] = "x" },
        5 => JsonValue.Create(new string('x', random.Next(1, 70_000))),
        _ => JsonValue.Create(s_texts[random.Next(s_texts.Length)]),
    };

    private static IEnumerable<JsonNode> Below(JsonNode node) => node switch
    {
        JsonObject o => o.Where(static pair => pair.Value is not null).SelectMany(static pair => Below(pair.Value!).Prepend(pair.Value!)),
        JsonArray a => a.Where(static item => item is not null).SelectMany(static item => Below(item!).Prepend(item!)),
        _ => [],
    };
}
