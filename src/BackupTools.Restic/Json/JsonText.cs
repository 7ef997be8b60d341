using System.Buffers;
using System.Globalization;
using System.Text;

namespace BackupTools.Restic.Json;

/// <summary>
/// JSON as Go's encoder writes it, byte for byte: ids are made of these bytes, so that the same content must always give
/// the same text.
/// </summary>
/// <param name="capacity">How many bytes it is going to be, about.</param>
internal sealed class JsonText(int capacity = 256)
{
    // What stands for itself; everything else is looked at one by one.
    private static readonly SearchValues<byte> s_plain = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x60).Select(b => (byte)b).Except("\"\\<>&"u8.ToArray())]);

    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    /// <summary>What has been written.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>How much has been written.</summary>
    public int Length => _buffer.WrittenCount;

    /// <summary>Overwrites what has been written.</summary>
    public void Wipe() => _buffer.Clear();

    /// <summary>Writes JSON that is finished, such as punctuation and member names.</summary>
    public JsonText Raw(ReadOnlySpan<byte> json)
    {
        _buffer.Write(json);
        return this;
    }

    /// <summary>Writes a number.</summary>
    public JsonText Number(ulong value)
    {
        Span<byte> digits = _buffer.GetSpan(20);
        value.TryFormat(digits, out int written, default, CultureInfo.InvariantCulture);
        _buffer.Advance(written);
        return this;
    }

    /// <summary>Writes an id.</summary>
    public JsonText Id(ObjectId id)
    {
        const int length = (2 * ObjectId.Length) + 2;
        Span<byte> text = _buffer.GetSpan(length);
        text[0] = (byte)'"';
        id.Format(text[1..]);
        text[length - 1] = (byte)'"';
        _buffer.Advance(length);
        return this;
    }

    /// <summary>Writes a time.</summary>
    public JsonText Time(RepositoryTime time)
    {
        Span<byte> text = _buffer.GetSpan(RepositoryTime.MaxTextLength + 2);
        text[0] = (byte)'"';
        int length = time.Format(text[1..]);
        text[length + 1] = (byte)'"';
        _buffer.Advance(length + 2);
        return this;
    }

    /// <summary>Writes bytes as base64.</summary>
    public JsonText Base64(ReadOnlySpan<byte> bytes)
    {
        Span<byte> text = _buffer.GetSpan(Base64Length(bytes.Length) + 2);
        text[0] = (byte)'"';
        System.Buffers.Text.Base64.EncodeToUtf8(bytes, text[1..], out _, out int written);
        text[written + 1] = (byte)'"';
        _buffer.Advance(written + 2);
        return this;
    }

    /// <summary>Writes a string.</summary>
    public JsonText String(string value)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(value.Length));
        int length = Encoding.UTF8.GetBytes(value, rented);
        String(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    /// <summary>Writes a string of bytes that should be UTF-8; what is not becomes the replacement character.</summary>
    public JsonText String(ReadOnlySpan<byte> value)
    {
        _buffer.Write("\""u8);
        while (!value.IsEmpty)
        {
            int plain = value.IndexOfAnyExcept(s_plain);
            if (plain != 0)
            {
                plain = plain < 0 ? value.Length : plain;
                _buffer.Write(value[..plain]);
                value = value[plain..];
                continue;
            }

            OperationStatus status = Rune.DecodeFromUtf8(value, out Rune rune, out int consumed);
            WriteSpecial(value[..consumed], status == OperationStatus.Done, rune.Value);
            value = value[consumed..];
        }

        _buffer.Write("\""u8);
        return this;
    }

    private static int Base64Length(int length) => System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(length);

    private void WriteSpecial(ReadOnlySpan<byte> bytes, bool isValid, int value)
    {
        switch (value)
        {
            case var _ when !isValid:
                // Go takes invalid bytes one by one, and knows longer runs of them than .NET: one escape for each byte.
                for (int i = 0; i < bytes.Length; i++)
                {
                    _buffer.Write("\\ufffd"u8);
                }

                break;
            case '"' or '\\':
                _buffer.Write("\\"u8);
                _buffer.Write(bytes);
                break;
            case '\n':
                _buffer.Write("\\n"u8);
                break;
            case '\r':
                _buffer.Write("\\r"u8);
                break;
            case '\t':
                _buffer.Write("\\t"u8);
                break;
            case < 0x20 or '<' or '>' or '&' or 0x2028 or 0x2029:
                _buffer.Write("\\u"u8);
                value.TryFormat(_buffer.GetSpan(4), out int written, "x4", CultureInfo.InvariantCulture);
                _buffer.Advance(written);
                break;
            default:
                _buffer.Write(bytes);
                break;
        }
    }
}
