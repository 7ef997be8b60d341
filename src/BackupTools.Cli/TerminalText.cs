using System.Globalization;
using System.Text;

namespace BackupTools.Cli;

/// <summary>Text that is safe to show: whatever a file is called, it stays on its line and commands no terminal.</summary>
internal static class TerminalText
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Writes control characters, line separators and marks that turn the direction of text as escapes.</summary>
    public static string Escape(string text)
    {
        int first = 0;
        while (first < text.Length && !IsHarmful(text[first]))
        {
            first++;
        }

        if (first == text.Length)
        {
            return text;
        }

        StringBuilder safe = new(text, 0, first, text.Length + 16);
        foreach (char c in text.AsSpan(first))
        {
            if (!IsHarmful(c))
            {
                safe.Append(c);
                continue;
            }

            switch (c)
            {
                case '\n':
                    safe.Append("\\n");
                    break;
                case '\r':
                    safe.Append("\\r");
                    break;
                case '\t':
                    safe.Append("\\t");
                    break;
                case < '\u0100':
                    safe.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
                    break;
                default:
                    safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
            }
        }

        return safe.ToString();
    }

    /// <summary>How many columns a text takes on a terminal.</summary>
    public static int Width(string text)
    {
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            width += Width(rune);
        }

        return width;
    }

    /// <summary>Shortens a text to so many columns, by taking out its middle: the ends of a path say most.</summary>
    public static string Shorten(string text, int columns)
    {
        const string Gap = "...";
        if (Width(text) <= columns)
        {
            return text;
        }

        if (columns <= Gap.Length)
        {
            return string.Empty;
        }

        Rune[] runes = [.. text.EnumerateRunes()];
        int head = (columns - Gap.Length) / 2;
        int tail = columns - Gap.Length - head;
        int left = 0;
        while (head - Width(runes[left]) >= 0)
        {
            head -= Width(runes[left++]);
        }

        int right = runes.Length;
        while (tail - Width(runes[right - 1]) >= 0)
        {
            tail -= Width(runes[--right]);
        }

        return string.Concat(string.Concat(runes[..left]), Gap, string.Concat(runes[right..]));
    }

    /// <summary>A text filled up with spaces to so many columns.</summary>
    public static string Pad(string text, int columns) => text + new string(' ', Math.Max(0, columns - Width(text)));

    /// <summary>A size in the unit that suits it.</summary>
    public static string Size(double bytes)
    {
        int unit = 0;
        while (bytes >= 1023.95 && unit < s_units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        // By whole numbers: the base library's formats would load what they need for all others, too.
        if (unit == 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Round(bytes)} {s_units[unit]}");
        }

        long tenths = (long)Math.Round(bytes * 10, MidpointRounding.AwayFromZero);
        return string.Create(CultureInfo.InvariantCulture, $"{tenths / 10}.{tenths % 10} {s_units[unit]}");
    }

    private static bool IsHarmful(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or '\u061c' or '\u200e' or '\u200f'
            or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static int Width(Rune rune)
    {
        int value = rune.Value;
        if (value < 0x300)
        {
            return 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
        {
            return 0;
        }

        // East Asian wide and full-width forms, and the pictographs that terminals draw as wide.
        return value is (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0xa4cf) or (>= 0xac00 and <= 0xd7a3)
            or (>= 0xf900 and <= 0xfaff) or (>= 0xfe30 and <= 0xfe6f) or (>= 0xff00 and <= 0xff60)
            or (>= 0xffe0 and <= 0xffe6) or (>= 0x1f300 and <= 0x1faff) or (>= 0x20000 and <= 0x3fffd)
            ? 2
            : 1;
    }
}
