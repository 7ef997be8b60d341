using System.Diagnostics.CodeAnalysis;
using System.Globalization;
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
        LineReader lines = new(stream.Read, 128 * 1024);
        while (lines.TryRead(out ReadOnlyMemory<byte> line, MaxLine))
        {
            yield return reader.Next(line.Span);
        }

        if (lines.Rest > 0 || reader._line == 0)
        {
            reader.Refuse(
                lines.Rest == 0 ? "it is empty"
                : lines.Rest >= MaxLine ? "a line is longer than 16 MiB"
                : "its last line is cut off");
        }
    }

    private ListingEntry Next(ReadOnlySpan<byte> line)
    {
        _line++;
        ListingEntry entry;
        try
        {
            entry = ListingLine.Parse(line);
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

    [DoesNotReturn]
    private void Refuse(string reason) => throw new BackupException(
        ErrorId.SnapshotDamaged,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The listing '{_path}' is damaged at line {_line}: {reason}. Nothing was changed; use another snapshot."),
        _path);
}
