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
        byte[] bytes = new byte[64 * 1024];
        int filled = 0;
        int count;
        while ((count = file.Read(bytes.AsSpan(filled))) > 0)
        {
            filled += count;
            if (filled == bytes.Length)
            {
                Array.Resize(ref bytes, bytes.Length * 2);
            }
        }

        using MemoryStream stream = new(bytes, 0, filled);
        foreach ((_, RecordLine line) in Read(stream, Path.Join(home.Path, name)))
        {
            yield return line;
        }
    }

    /// <summary>All whole lines from the stream's position on, with the offsets where they begin.</summary>
    /// <param name="stream">The record.</param>
    /// <param name="path">Its path, for errors.</param>
    public static IEnumerable<(long Offset, RecordLine Line)> Read(Stream stream, string path)
    {
        byte[] buffer = new byte[64 * 1024];
        long offset = stream.Position;
        int filled = 0;
        while (true)
        {
            int count = stream.Read(buffer, filled, buffer.Length - filled);
            filled += count;
            int start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
            {
                yield return (offset, Parse(buffer.AsSpan(start, length), path));
                start += length + 1;
                offset += length + 1;
            }

            if (count == 0)
            {
                yield break;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    /// <summary>An error about a record that cannot be followed.</summary>
    public static BackupException Damaged(string path, string reason, Exception? inner = null) => new(
        ErrorId.RestoreInterrupted,
        $"An earlier restore was interrupted, and its record '{path}' cannot be followed: {reason}. Nothing was changed. Look " +
        "at what stands at the target and at the safety copy beside it, put right by hand what is wrong, and remove the record.",
        path,
        inner);

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
