using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Compression;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic;

/// <summary>
/// The files that hold one JSON document each: indexes, snapshots and locks; encrypted, and in format 2 compressed, if there
/// is something to compress with. For any thread.
/// </summary>
internal sealed class UnpackedFiles(IRepositoryBackend backend, RepositoryKey key, RepositoryConfig config, IZstandard? zstandard)
{
    private const byte CompressedMark = 2;

    // Far beyond what programs write: index files are kept below 8 MiB.
    private const int MaxFileLength = 512 << 20;
    private const int MaxContentLength = 1 << 30;

    /// <summary>Writes a document.</summary>
    /// <returns>Its file's name.</returns>
    public ObjectId Save(RepositoryFileType type, ReadOnlySpan<byte> json, CancellationToken cancellation)
    {
        byte[] file = config.Version >= 2 && zstandard is not null ? Compress(json) : Encrypt(json);
        ObjectId id = ObjectId.Hash(file);
        if (!Decode(file).AsSpan().SequenceEqual(json))
        {
            throw new RepositoryDataException(
                "A file was not written, because it cannot be read back as it should be. Memory of this machine may be "
                + "faulty: test it, then try again.");
        }

        backend.Write(new RepositoryFile(type, id), file, cancellation);
        return id;
    }

    /// <summary>Reads a document.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="RepositoryDataException">It is damaged.</exception>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.ZstandardMissing"/>.</exception>
    public byte[] Load(RepositoryFileType type, ObjectId id)
    {
        RepositoryFile name = new(type, id);
        byte[] file = backend.ReadWhole(name, MaxFileLength);
        if (ObjectId.Hash(file) != id)
        {
            throw new RepositoryDataException($"{name} is damaged: its content is not what its name says.");
        }

        try
        {
            return Decode(file);
        }
        catch (RepositoryDataException e)
        {
            throw new RepositoryDataException($"{name} is damaged: {e.Message}", e);
        }
    }

    private byte[] Compress(ReadOnlySpan<byte> json)
    {
        using ScratchBuffer buffer = new();
        Span<byte> content = buffer.Get(1 + zstandard!.CompressBound(json.Length));
        content[0] = CompressedMark;
        return Encrypt(content[..(1 + zstandard.Compress(json, content[1..]))]);
    }

    private byte[] Encrypt(ReadOnlySpan<byte> json)
    {
        byte[] file = new byte[RepositoryKey.CiphertextLength(json.Length)];
        key.Encrypt(json, file);
        return file;
    }

    private byte[] Decode(byte[] file)
    {
        byte[] content = new byte[Math.Max(0, file.Length - RepositoryKey.Overhead)];
        key.Decrypt(file, content);
        return content switch
        {
            // Whatever the config said when it was read: restic may have upgraded the repository since.
            [] or [(byte)'{' or (byte)'[', ..] => content,
            [CompressedMark, ..] => (zstandard ?? throw BlobDecoder.MissingZstandard())
                .Decompress(content.AsSpan(1), MaxContentLength),
            _ => throw new RepositoryDataException("It is encoded in a way that is not known here."),
        };
    }
}
