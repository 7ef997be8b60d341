using System.Text.Json;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>Reads the lines of an intent record; one that was cut off at its end told of nothing that was done.</summary>
internal static class RecordReader
{
    /// <summary>Reads a record without locking it, for those who only want to know.</summary>
    public static IEnumerable<RecordLine> Peek(DirectoryHandle home, string name)
    {
        using FileHandle file = home.OpenFile(EntryName.FromText(name));
        foreach ((_, RecordLine line) in Read((buffer, start, count) => file.Read(buffer.AsSpan(start, count)), Path.Join(home.Path, name)))
        {
            yield return line;
        }
    }

    /// <summary>All whole lines from the stream's position on, with the offsets where they begin.</summary>
    /// <param name="stream">The record.</param>
    /// <param name="path">Its path, for errors.</param>
    public static IEnumerable<(long Offset, RecordLine Line)> Read(Stream stream, string path)
    {
        long from = stream.Position;
        return Read(stream.Read, path).Select(line => (from + line.Offset, line.Line));
    }

    /// <summary>An error about a record that cannot be followed.</summary>
    public static BackupException Damaged(string path, string reason, Exception? inner = null) => new(
        ErrorId.RestoreInterrupted,
        $"An earlier restore was interrupted, and its record '{path}' cannot be followed: {reason}. Nothing was changed. Look " +
        "at what stands at the target and at the safety copy beside it, put right by hand what is wrong, and remove the record.",
        path,
        inner);

    private static IEnumerable<(long Offset, RecordLine Line)> Read(Func<byte[], int, int, int> read, string path)
    {
        LineReader lines = new(read, 64 * 1024);
        long offset = 0;
        while (lines.TryRead(out ReadOnlyMemory<byte> line))
        {
            yield return (offset, Parse(line.Span, path));
            offset = lines.Offset;
        }
    }

    private static RecordLine Parse(ReadOnlySpan<byte> line, string path)
    {
        try
        {
            return JsonSerializer.Deserialize(line, RecordJson.Default.RecordLine)
                ?? throw Damaged(path, "a line is empty");
        }
        catch (JsonException e)
        {
            throw Damaged(path, "a line of it is unreadable", e);
        }
    }
}
