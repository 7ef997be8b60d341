using System.Buffers;
using System.Globalization;
using System.Text;

namespace BackupTools.Restic.Trees;

/// <summary>
/// Names as Go quotes strings, without the quotes around: so a name that is not valid UTF-8 survives JSON, which then
/// escapes the backslashes once more.
/// </summary>
internal static class QuotedName
{
    private static readonly SearchValues<byte> s_plain = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x5F).Select(b => (byte)b).Except("\"\\"u8.ToArray())]);

    // Names of control characters, from 7 on.
    private const string ControlNames = "abtnvfr";

    /// <summary>Whether quoting changes nothing, which holds for nearly every name.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> name) => !name.ContainsAnyExcept(s_plain);

    /// <summary>Quotes a name.</summary>
    public static byte[] Quote(ReadOnlySpan<byte> name)
    {
        ArrayBufferWriter<byte> quoted = new(name.Length + 16);
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out Rune rune, out int consumed) == OperationStatus.Done)
            {
                WriteRune(quoted, rune, name[..consumed]);
            }
            else
            {
                // Go takes invalid bytes one by one.
                consumed = 1;
                WriteHex(quoted, 'x', 2, name[0]);
            }

            name = name[consumed..];
        }

        return quoted.WrittenSpan.ToArray();
    }

    /// <summary>Undoes <see cref="Quote"/>.</summary>
    /// <exception cref="RepositoryDataException">That is no quoted name.</exception>
    public static byte[] Unquote(ReadOnlySpan<byte> quoted)
    {
        ArrayBufferWriter<byte> name = new(Math.Max(1, quoted.Length));
        while (!quoted.IsEmpty)
        {
            int escape = quoted.IndexOf((byte)'\\');
            name.Write(escape < 0 ? quoted : quoted[..escape]);
            quoted = escape < 0 ? default : quoted[(escape + 1)..];
            if (escape >= 0)
            {
                quoted = quoted[ReadEscape(quoted, name)..];
            }
        }

        return name.WrittenSpan.ToArray();
    }

    private static void WriteRune(ArrayBufferWriter<byte> quoted, Rune rune, ReadOnlySpan<byte> bytes)
    {
        if (rune.Value is '"' or '\\')
        {
            quoted.Write("\\"u8);
            quoted.Write(bytes);
        }
        else if (PrintableCharacters.Contains(rune))
        {
            quoted.Write(bytes);
        }
        else if (rune.Value is >= 7 and <= 13)
        {
            quoted.Write([(byte)'\\', (byte)ControlNames[rune.Value - 7]]);
        }
        else if (rune.Value is < 0x20 or 0x7F)
        {
            WriteHex(quoted, 'x', 2, rune.Value);
        }
        else if (rune.IsBmp)
        {
            WriteHex(quoted, 'u', 4, rune.Value);
        }
        else
        {
            WriteHex(quoted, 'U', 8, rune.Value);
        }
    }

    private static void WriteHex(ArrayBufferWriter<byte> quoted, char kind, int digits, int value)
    {
        quoted.Write([(byte)'\\', (byte)kind]);
        value.TryFormat(quoted.GetSpan(digits), out int written, digits switch { 2 => "x2", 4 => "x4", _ => "x8" }, CultureInfo.InvariantCulture);
        quoted.Advance(written);
    }

    private static int ReadEscape(ReadOnlySpan<byte> escape, ArrayBufferWriter<byte> name)
    {
        byte kind = escape.IsEmpty ? (byte)0 : escape[0];
        int control = ControlNames.IndexOf((char)kind, StringComparison.Ordinal);
        switch (kind)
        {
            case (byte)'"' or (byte)'\\':
                name.Write(escape[..1]);
                return 1;
            case var _ when control >= 0:
                name.Write([(byte)(control + 7)]);
                return 1;
            case (byte)'x':
                name.Write([(byte)ReadNumber(escape, 1, 2, NumberStyles.AllowHexSpecifier)]);
                return 3;
            case >= (byte)'0' and <= (byte)'3':
                return ReadOctal(escape, name);
            case (byte)'u' or (byte)'U':
                int digits = kind == 'u' ? 4 : 8;
                if (!Rune.TryCreate(ReadNumber(escape, 1, digits, NumberStyles.AllowHexSpecifier), out Rune rune))
                {
                    break;
                }

                name.Advance(rune.EncodeToUtf8(name.GetSpan(4)));
                return 1 + digits;
        }

        throw Invalid();
    }

    private static int ReadOctal(ReadOnlySpan<byte> escape, ArrayBufferWriter<byte> name)
    {
        int value = 0;
        for (int i = 0; i < 3; i++)
        {
            int digit = i < escape.Length ? escape[i] - '0' : -1;
            if (digit is < 0 or > 7)
            {
                throw Invalid();
            }

            value = (value * 8) + digit;
        }

        name.Write([(byte)value]);
        return 3;
    }

    private static uint ReadNumber(ReadOnlySpan<byte> text, int start, int digits, NumberStyles style) =>
        text.Length >= start + digits
        && uint.TryParse(text.Slice(start, digits), style, CultureInfo.InvariantCulture, out uint value)
            ? value
            : throw Invalid();

    private static RepositoryDataException Invalid() => new("A name in a tree is not quoted as names are.");
}
