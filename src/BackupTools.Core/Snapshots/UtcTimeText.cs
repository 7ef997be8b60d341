using System.Globalization;

namespace BackupTools.Core.Snapshots;

/// <summary>UTC times with milliseconds; reads what other programs write, with any fraction and zone.</summary>
internal static class UtcTimeText
{
    public static string Format(DateTime value) =>
        value.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out DateTime value)
    {
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
