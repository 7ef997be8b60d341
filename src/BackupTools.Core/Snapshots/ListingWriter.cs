using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Snapshots;

/// <summary>Writes listing entries as JSON lines.</summary>
internal sealed class ListingWriter : IListingPart
{
    private static readonly JsonEncodedText s_path = JsonEncodedText.Encode("path");
    private static readonly JsonEncodedText s_pathRaw = JsonEncodedText.Encode("path_raw");
    private static readonly JsonEncodedText s_type = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText s_bytes = JsonEncodedText.Encode("bytes");
    private static readonly JsonEncodedText s_sha256 = JsonEncodedText.Encode("sha256");
    private static readonly JsonEncodedText s_modified = JsonEncodedText.Encode("modified");
    private static readonly JsonEncodedText s_mode = JsonEncodedText.Encode("mode");

    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);
    private readonly Utf8JsonWriter _json;

    public ListingWriter() => _json = new Utf8JsonWriter(
        _buffer,
        new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>The lines since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Clear() => _buffer.ResetWrittenCount();

    public void Add(ListingEntry entry)
    {
        _json.Reset(_buffer);
        _json.WriteStartObject();
        WriteBytes(s_path, s_pathRaw, entry.Path.Bytes);
        _json.WriteString(s_type, entry.Type switch
        {
            EntryType.File => "file",
            EntryType.Directory => "directory",
            EntryType.Symlink => "symlink",
            _ => throw new ArgumentException($"A listing holds no {entry.Type}.", nameof(entry)),
        });
        if (entry.Type == EntryType.File)
        {
            _json.WriteNumber(s_bytes, entry.Bytes);
        }

        if (entry.Sha256 is not null)
        {
            _json.WriteString(s_sha256, entry.Sha256);
        }

        _json.WriteString(s_modified, entry.Modified.ToString());
        if (entry.Mode is { } mode)
        {
            Span<char> octal = stackalloc char[4];
            for (int i = 0; i < 4; i++)
            {
                octal[3 - i] = (char)('0' + ((mode >> (3 * i)) & 7));
            }

            _json.WriteString(s_mode, octal);
        }

        WriteRest(entry);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();

    private void WriteRest(ListingEntry entry)
    {
        if (entry.Uid is { } uid)
        {
            _json.WriteNumber("uid"u8, uid);
        }

        if (entry.Gid is { } gid)
        {
            _json.WriteNumber("gid"u8, gid);
        }

        if (entry.Owner is not null)
        {
            _json.WriteString("owner"u8, entry.Owner);
        }

        if (entry.Group is not null)
        {
            _json.WriteString("group"u8, entry.Group);
        }

        if (entry.Target is not null)
        {
            WriteBytes(JsonEncodedText.Encode("target"), JsonEncodedText.Encode("target_raw"), entry.Target);
        }

        if (entry.HardLink is { } first)
        {
            WriteBytes(JsonEncodedText.Encode("hard_link"), JsonEncodedText.Encode("hard_link_raw"), first.Bytes);
        }

        if (entry.ExtendedAttributes.Count > 0)
        {
            _json.WriteStartObject("xattrs"u8);
            foreach ((string name, byte[] value) in entry.ExtendedAttributes)
            {
                _json.WriteBase64String(name, value);
            }

            _json.WriteEndObject();
        }

        if (entry.Attributes is { } attributes)
        {
            _json.WriteNumber("attributes"u8, (int)attributes);
        }

        if (entry.Capture is { } capture)
        {
            _json.WriteString("capture"u8, JsonNamingPolicy.SnakeCaseLower.ConvertName(capture.ToString()));
        }

        if (entry.CapturedAt is { } capturedAt)
        {
            _json.WriteString("captured_at"u8, UtcTimeText.Format(capturedAt));
        }

        if (entry.Check is { } check)
        {
            _json.WriteStartObject("check"u8);
            _json.WriteString("level"u8, check.Level);
            _json.WriteString("result"u8, JsonNamingPolicy.SnakeCaseLower.ConvertName(check.Result.ToString()));
            if (check.Detail is not null)
            {
                _json.WriteString("detail"u8, check.Detail);
            }

            _json.WriteEndObject();
        }

        if (entry.ChangedWhileRead)
        {
            _json.WriteBoolean("changed_while_read"u8, true);
        }
    }

    private void WriteBytes(JsonEncodedText name, JsonEncodedText rawName, ReadOnlySpan<byte> value)
    {
        if (Utf8.IsValid(value))
        {
            _json.WriteString(name, value);
            return;
        }

        _json.WriteString(name, Encoding.UTF8.GetString(value));
        _json.WriteBase64String(rawName, value);
    }
}
