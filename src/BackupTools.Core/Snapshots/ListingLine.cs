using System.Buffers;
using System.Text;
using System.Text.Json;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Snapshots;

/// <summary>One line of a listing: an entry as JSON, with nothing in it that an entry cannot be.</summary>
internal static class ListingLine
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 8 };
    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Reads a line; what holds among lines, as their order, is not looked at.</summary>
    /// <exception cref="JsonException">It is no entry; so do other exceptions of the JSON reader tell.</exception>
    public static ListingEntry Parse(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader json = new(line, s_options);
        Expect(ref json, JsonTokenType.StartObject);
        Fields fields = default;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            ReadField(ref json, name, ref fields);
        }

        if (json.TokenType != JsonTokenType.EndObject || json.Read())
        {
            throw new JsonException("there is more than one value on the line");
        }

        byte[]? pathBytes = fields.PathRaw ?? fields.Path;
        if (pathBytes is null || !TreePath.TryCreate(pathBytes, out TreePath path))
        {
            throw new JsonException(pathBytes is null
                ? "it has no path"
                : $"the path '{Encoding.UTF8.GetString(pathBytes)}' leads out of the tree or is none on this system");
        }

        TreePath? hardLink = null;
        if ((fields.HardLinkRaw ?? fields.HardLink) is { } linkBytes)
        {
            hardLink = TreePath.TryCreate(linkBytes, out TreePath first)
                ? first
                : throw new JsonException("its hard_link leads out of the tree");
        }

        if (fields.Type == EntryType.Unknown || fields.Modified is null)
        {
            throw new JsonException("it has no type or no time");
        }

        byte[]? target = fields.TargetRaw ?? fields.Target;
        if ((fields.Type == EntryType.Symlink) != (target is { Length: > 0 }) || (target?.Contains((byte)0) ?? false))
        {
            throw new JsonException("a symbolic link, and nothing else, has a target");
        }

        if ((fields.Type == EntryType.File && hardLink is null) != (fields.Sha256 is not null))
        {
            throw new JsonException("a file, and nothing else, has a sha256");
        }

        if (fields.Capture is not null && fields.Sha256 is null)
        {
            throw new JsonException("a file, and nothing else, was captured");
        }

        return new ListingEntry
        {
            Path = path,
            Type = fields.Type,
            Bytes = fields.Bytes,
            Sha256 = fields.Sha256,
            Modified = fields.Modified.Value,
            Mode = fields.Mode,
            Uid = fields.Uid,
            Gid = fields.Gid,
            Owner = fields.Owner,
            Group = fields.Group,
            Target = target,
            HardLink = hardLink,
            ExtendedAttributes = fields.ExtendedAttributes ?? [],
            Attributes = fields.Attributes,
            Capture = fields.Capture,
            CapturedAt = fields.CapturedAt,
            Check = fields.Check,
            ChangedWhileRead = fields.ChangedWhileRead,
        };
    }

    private static void ReadField(ref Utf8JsonReader json, string name, ref Fields fields)
    {
        switch (name)
        {
            case "path": fields.Path = Once(fields.Path, GetUtf8(ref json), name); break;
            case "path_raw": fields.PathRaw = Once(fields.PathRaw, json.GetBytesFromBase64(), name); break;
            case "target": fields.Target = Once(fields.Target, GetUtf8(ref json), name); break;
            case "target_raw": fields.TargetRaw = Once(fields.TargetRaw, json.GetBytesFromBase64(), name); break;
            case "hard_link": fields.HardLink = Once(fields.HardLink, GetUtf8(ref json), name); break;
            case "hard_link_raw": fields.HardLinkRaw = Once(fields.HardLinkRaw, json.GetBytesFromBase64(), name); break;
            case "type":
                fields.Type = json.GetString() switch
                {
                    "file" => EntryType.File,
                    "directory" => EntryType.Directory,
                    "symlink" => EntryType.Symlink,
                    var other => throw new JsonException($"the type '{other}' is not known"),
                };
                break;
            case "bytes":
                fields.Bytes = json.GetInt64() is >= 0 and var bytes ? bytes : throw new JsonException("its bytes are negative");
                break;
            case "sha256": fields.Sha256 = GetHash(ref json); break;
            case "modified":
                fields.Modified = Timestamp.TryParse(json.GetString(), out Timestamp time)
                    ? time
                    : throw new JsonException("its time is none");
                break;
            case "mode": fields.Mode = ParseMode(json.GetString()); break;
            case "uid": fields.Uid = json.GetUInt32(); break;
            case "gid": fields.Gid = json.GetUInt32(); break;
            case "owner": fields.Owner = json.GetString(); break;
            case "group": fields.Group = json.GetString(); break;
            case "xattrs": fields.ExtendedAttributes = GetAttributes(ref json); break;
            case "attributes": fields.Attributes = (FileAttributes)json.GetInt32(); break;
            case "capture":
                fields.Capture = Enum.TryParse(json.GetString(), ignoreCase: true, out CaptureMethod capture)
                    ? capture
                    : throw new JsonException("its capture is not known");
                break;
            case "captured_at":
                fields.CapturedAt = Timestamp.TryParse(json.GetString(), out Timestamp captured)
                    ? captured.ToDateTime()
                    : throw new JsonException("its captured_at is none");
                break;
            case "check": fields.Check = ManifestFields.Check(ref json); break;
            case "changed_while_read": fields.ChangedWhileRead = json.GetBoolean(); break;
            default: json.Skip(); break;
        }
    }

    private static byte[] Once(byte[]? before, byte[] value, string name) =>
        before is null ? value : throw new JsonException($"it has {name} twice");

    private static byte[] GetUtf8(ref Utf8JsonReader json)
    {
        // The strict encoding refuses lone surrogates, which a JSON escape can smuggle in.
        string text = json.GetString() ?? throw new JsonException("a string is missing");
        try
        {
            return new UTF8Encoding(false, true).GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw new JsonException("a string is no Unicode");
        }
    }

    private static string GetHash(ref Utf8JsonReader json)
    {
        string text = json.GetString() ?? string.Empty;
        return text.Length == 64 && text.AsSpan().IndexOfAnyExcept(s_hexDigits) < 0
            ? text
            : throw new JsonException("its sha256 is none");
    }

    private static int ParseMode(string? text)
    {
        if (text is not { Length: >= 3 and <= 5 } || text.AsSpan().IndexOfAnyExceptInRange('0', '7') >= 0)
        {
            throw new JsonException("its mode is no octal number");
        }

        return Convert.ToInt32(text, 8) & 0xfff;
    }

    private static List<KeyValuePair<string, byte[]>> GetAttributes(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("its xattrs are no object");
        }

        List<KeyValuePair<string, byte[]>> attributes = [];
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
            {
                throw new JsonException("an xattr has no name");
            }

            json.Read();
            attributes.Add(new(name, json.GetBytesFromBase64()));
        }

        return attributes;
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type)
        {
            throw new JsonException("the line is no JSON object");
        }
    }

    private struct Fields
    {
        public byte[]? Path;
        public byte[]? PathRaw;
        public EntryType Type;
        public long Bytes;
        public string? Sha256;
        public Timestamp? Modified;
        public int? Mode;
        public uint? Uid;
        public uint? Gid;
        public string? Owner;
        public string? Group;
        public byte[]? Target;
        public byte[]? TargetRaw;
        public byte[]? HardLink;
        public byte[]? HardLinkRaw;
        public List<KeyValuePair<string, byte[]>>? ExtendedAttributes;
        public FileAttributes? Attributes;
        public CaptureMethod? Capture;
        public DateTime? CapturedAt;
        public SnapshotCheck? Check;
        public bool ChangedWhileRead;
    }
}
