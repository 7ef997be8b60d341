using System.Security.Cryptography;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Stores;

/// <summary>Reads a file of a payload, hashing and perhaps writing what is read.</summary>
internal static class FolderContent
{
    /// <summary>Copies a file from its beginning.</summary>
    /// <param name="from">The file to read.</param>
    /// <param name="size">The size that it should have.</param>
    /// <param name="to">The file to write, or <see langword="null"/> to only hash.</param>
    /// <param name="copy">How to copy.</param>
    public static CopiedContent Copy(FileHandle from, long size, FileHandle? to, in ContentCopy copy)
    {
        if (copy.Buffer is { } buffer && size <= ContentCopy.SmallFile)
        {
            // A regular file gives all it has: what does not fill the buffer is the whole.
            int count = from.Read(buffer);
            if (count < buffer.Length)
            {
                ReadOnlySpan<byte> content = buffer.AsSpan(0, count);
                to?.Write(content);
                copy.Done(count);
                return new CopiedContent(count, Convert.ToHexStringLower(SHA256.HashData(content)));
            }

            from.Rewind();
        }

        (long bytes, string sha256) = HashedCopy.Run(from, [], to, copy.Writing, copy.Done, copy.Cancellation);
        return new CopiedContent(bytes, sha256);
    }
}
