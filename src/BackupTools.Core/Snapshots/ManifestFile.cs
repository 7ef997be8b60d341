using System.Buffers;
using System.Text.Json;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Snapshots;

/// <summary>Manifest files as bytes: read into a buffer that is used again, written as they stay.</summary>
internal sealed class ManifestFile
{
    // A manifest tells each entry that could not be read; a million of them still fit.
    private const int MaxBytes = 128 * 1024 * 1024;

    private byte[] _buffer = new byte[16 * 1024];

    /// <summary>Serialises a manifest as it stands in the file.</summary>
    public static byte[] Serialize(SnapshotManifest manifest)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            json.WriteStartObject();
            ManifestText.WriteProperties(json, manifest);
            json.WriteEndObject();
        }

        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
        return buffer.WrittenCount <= MaxBytes ? buffer.WrittenSpan.ToArray() : throw new BackupException(
            ErrorId.InputOutput,
            "The manifest would be larger than 128 MiB, because more entries than that can tell could not be read. Nothing " +
            "was published. Exclude what cannot be read.");
    }

    /// <summary>Reads a whole file; the result is good until the next call.</summary>
    /// <exception cref="FileSystemException">It cannot be read, or is no plain file of bearable size.</exception>
    public ReadOnlySpan<byte> Read(DirectoryHandle directory, EntryName name)
    {
        using FileHandle file = directory.OpenFile(name);
        int filled = 0;
        while (true)
        {
            int count = file.Read(_buffer.AsSpan(filled));
            if (count == 0)
            {
                return _buffer.AsSpan(0, filled);
            }

            filled += count;
            if (filled == _buffer.Length)
            {
                if (filled >= MaxBytes)
                {
                    throw new FileSystemException(FileSystemError.Other, "reading", file.Path, "it is larger than any manifest");
                }

                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
        }
    }
}
