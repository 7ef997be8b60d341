using System.Globalization;

namespace BackupTools.Core.Snapshots;

/// <summary>UTC times with milliseconds; reads what other programs write, with any fraction and zone.</summary>
internal static class UtcTimeText
{
    private const int Length = 24;

    public static string Format(DateTime value) =>
        string.Concat(TimeDigits.Write(value, stackalloc char[32])[..(Length - 1)], "Z");

    public static bool TryParse(string text, out DateTime value)
    {
        // What this program writes.
        if (text is { Length: Length } and [.., 'Z']
            && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == '.'
            && TimeDigits.TryRead(text.AsSpan(20, 3), out int milliseconds)
            && TimeDigits.TryCreate(text.AsSpan(0, 10), text.AsSpan(11, 2), text.AsSpan(14, 2), text.AsSpan(17, 2), out value))
        {
            value = value.AddMilliseconds(milliseconds);
            return true;
        }

        // ai-memory and Oxios write nanoseconds; DateTime holds seven digits of fraction.
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0)
        {
            int end = dot + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            if (end - dot > 8)
            {
                text = string.Concat(text.AsSpan(0, dot + 8), text.AsSpan(end));
            }
        }

        bool isTime = DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset time);
        value = time.UtcDateTime;
        return isTime;
    }
}
