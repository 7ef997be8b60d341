using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// What all files of one snapshot in a folder store begin with: <c>&lt;name&gt;-&lt;stamp&gt;</c>, where a second one of
/// the same second has <c>-2</c> behind it. Only what carries such a stem is ever removed from a store.
/// </summary>
internal sealed class SnapshotStem
{
    public const string ManifestSuffix = ".manifest.json";
    public const string ListingSuffix = ".files.jsonl";
    public const string DatabaseSuffix = ".db";

    /// <summary>What everything that is not published begins with.</summary>
    public const string PartialPrefix = ".partial-";

    // As 2026-11-21T093000Z.
    private const int StampLength = 18;

    private SnapshotStem(string text, string name, DateTime stamp, int sequence)
    {
        Text = text;
        Name = name;
        Stamp = stamp;
        Sequence = sequence;
    }

    public string Text { get; }

    /// <summary>The name before the stamp.</summary>
    public string Name { get; }

    /// <summary>The stamp, UTC.</summary>
    public DateTime Stamp { get; }

    /// <summary>Which one of that second, from 1.</summary>
    public int Sequence { get; }

    public string Manifest => Text + ManifestSuffix;

    public string PartialManifest => PartialPrefix + Text + ManifestSuffix;

    public string Listing => Text + ListingSuffix;

    public static SnapshotStem Create(string name, DateTime createdAt, int sequence)
    {
        DateTime utc = createdAt.ToUniversalTime();
        string text = $"{name}-{FormatStamp(utc)}";
        return new SnapshotStem(
            sequence > 1 ? string.Create(CultureInfo.InvariantCulture, $"{text}-{sequence}") : text, name, utc, sequence);
    }

    /// <summary>A time as it stands in names: RFC 3339 without colons, so that every file system takes it.</summary>
    public static string FormatStamp(DateTime time)
    {
        ReadOnlySpan<char> full = TimeDigits.Write(time, stackalloc char[32]);
        return $"{full[..13]}{full[14..16]}{full[17..19]}Z";
    }

    /// <summary>Takes a stem apart.</summary>
    /// <returns>Whether it is one: a visible, bare name with a stamp.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out SnapshotStem? stem)
    {
        stem = null;
        int end = text.Length;
        int sequence = 1;
        if (end > 0 && text[^1] != 'Z')
        {
            int dash = text.LastIndexOf('-');
            ReadOnlySpan<char> number = text.AsSpan(dash + 1);
            if (dash < 0
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
                || sequence < 2
                || number[0] == '0')
            {
                return false;
            }

            end = dash;
        }

        int start = end - StampLength;
        if (start < 2
            || text[start - 1] != '-'
            || text[0] == '.'
            || text.AsSpan().IndexOfAny('/', '\0') >= 0
            || !TryParseStamp(text.AsSpan(start, end - start), out DateTime stamp)
            || !TreePath.TryCreate(text, out _))
        {
            return false;
        }

        stem = new SnapshotStem(text, text[..(start - 1)], stamp, sequence);
        return true;
    }

    /// <summary>Takes the stem out of a published manifest's name.</summary>
    public static bool TryParseManifest(string fileName, [NotNullWhen(true)] out SnapshotStem? stem)
    {
        stem = null;
        return fileName.EndsWith(ManifestSuffix, StringComparison.Ordinal)
            && TryParse(fileName[..^ManifestSuffix.Length], out stem);
    }

    /// <summary>The payload's name.</summary>
    /// <param name="kind">The manifest's kind.</param>
    public string Payload(string kind) => kind == SnapshotKind.Sqlite ? Text + DatabaseSuffix : Text;

    public override string ToString() => Text;

    private static bool TryParseStamp(ReadOnlySpan<char> text, out DateTime stamp)
    {
        stamp = default;
        return text is { Length: StampLength } and [.., 'Z']
            && text[10] == 'T'
            && TimeDigits.TryCreate(text[..10], text[11..13], text[13..15], text[15..17], out stamp);
    }
}
