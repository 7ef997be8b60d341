using System.Buffers;
using System.Security.Cryptography;
using BackupTools.Restic.Compression;
using BackupTools.Restic.Cryptography;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Blobs;

/// <summary>Decrypts, decompresses and verifies. For any thread.</summary>
internal sealed class BlobDecoder(RepositoryKey key, IZstandard? zstandard)
{
    /// <summary>Decodes a blob and verifies it by its id.</summary>
    /// <param name="blob">Which it is.</param>
    /// <param name="ciphertext">What is stored.</param>
    /// <param name="content">As long as the blob's content.</param>
    /// <exception cref="RepositoryDataException">It is damaged.</exception>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.ZstandardMissing"/>.</exception>
    public void Decode(PackBlob blob, ReadOnlySpan<byte> ciphertext, Span<byte> content)
    {
        if (blob.IsCompressed)
        {
            IZstandard decompressor = zstandard ?? throw MissingZstandard();
            byte[] compressed = ArrayPool<byte>.Shared.Rent(ciphertext.Length);
            try
            {
                int length = key.Decrypt(ciphertext, compressed);
                decompressor.Decompress(compressed.AsSpan(0, length), content);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(compressed);
            }
        }
        else
        {
            key.Decrypt(ciphertext, content);
        }

        Span<byte> hash = stackalloc byte[ObjectId.Length];
        SHA256.HashData(content, hash);
        if (!hash.SequenceEqual(blob.Handle.Id.Span))
        {
            throw new RepositoryDataException("The content does not have that id.");
        }
    }

    /// <summary>That something cannot be read here, and what to install.</summary>
    public static RepositoryException MissingZstandard() => new(
        RepositoryError.ZstandardMissing,
        "The repository is compressed, and there is no Zstandard library on this system to read it. Install it: the package "
        + "is called libzstd1 on Debian and Ubuntu, libzstd on Fedora, Arch and Alpine, zstd in Homebrew; on Windows put "
        + "libzstd.dll beside this program.");
}
