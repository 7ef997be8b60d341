using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// Reads a listing line by line and refuses whatever is not as <see cref="ListingWriter"/> writes it: paths that lead
/// elsewhere, entries out of order or twice, entries without their parent, a parent that is no directory.
/// </summary>
internal sealed class ListingReader
{
    // A path has at most a few thousand bytes, but extended attributes may hold 64 KiB each, in base64.
    private const int MaxLine = 16 * 1024 * 1024;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 8 };
    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string _path;
    private readonly Stack<TreePath> _directories = new();
    private TreePath _last;
    private long _line;

    private ListingReader(string path) => _path = path;

    /// <summary>Reads all entries; the stream is left open.</summary>
    /// <param name="stream">The listing.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <returns>The entries in order.</returns>
    /// <exception cref="BackupException">The listing is damaged or forged (<see cref="ErrorId.SnapshotDamaged"/>).</exception>
    public static IEnumerable<ListingEntry> Read(Stream stream, string path)
    {
        ListingReader reader = new(path);
        byte[] buffer = new byte[128 * 1024];
        int filled = 0;
        while (true)
        {
            int count = stream.Read(buffer, filled, buffer.Length - filled);
            filled += count;
            int start = 0;
            int end;
            while ((end = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
            {
                yield return reader.Next(buffer.AsSpan(start, end));
                start += end + 1;
            }

            if (count == 0)
            {
                if (start != filled || reader._line == 0)
                {
                    reader.Refuse(reader._line == 0 && filled == 0 ? "it is empty" : "its last line is cut off");
                }

                yield break;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
            {
                if (buffer.Length >= MaxLine)
                {
                    reader.Refuse("a line is longer than 16 MiB");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private ListingEntry Next(ReadOnlySpan<byte> line)
    {
        _line++;
        ListingEntry entry;
        try
        {
            entry = Parse(line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            Refuse("it is no listing entry: " + e.Message);
            throw;
        }

        CheckOrder(entry);
        return entry;
    }

    private void CheckOrder(ListingEntry entry)
    {
        if (_line == 1)
        {
            if (!entry.Path.IsRoot || entry.Type != EntryType.Directory)
            {
                Refuse("the first entry is not the root directory '.'");
            }

            _directories.Push(entry.Path);
            return;
        }

        if (entry.Path.IsRoot || _last.CompareTo(entry.Path) >= 0)
        {
            Refuse($"'{entry.Path}' is out of order or stands twice");
        }

        _last = entry.Path;
        TreePath parent = entry.Path.Parent;
        while (!_directories.Peek().Equals(parent))
        {
            _directories.Pop();
            if (_directories.Count == 0)
            {
                Refuse($"'{entry.Path}' stands in no directory of the listing");
            }
        }

        if (entry.Type == EntryType.Directory)
        {
            _directories.Push(entry.Path);
        }

        if (entry.HardLink is { } first && (entry.Type != EntryType.File || first.CompareTo(entry.Path) >= 0))
        {
            Refuse($"'{entry.Path}' is a hard link to something that does not come before it");
        }
    }

    private static ListingEntry Parse(ReadOnlySpan<byte> line)
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

    [DoesNotReturn]
    private void Refuse(string reason) => throw new BackupException(
        ErrorId.SnapshotDamaged,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The listing '{_path}' is damaged at line {_line}: {reason}. Nothing was changed; use another snapshot."),
        _path);

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
