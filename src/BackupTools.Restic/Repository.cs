using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Chunking;
using BackupTools.Restic.Compression;
using BackupTools.Restic.Cryptography;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Keys;

namespace BackupTools.Restic;

/// <summary>
/// A repository in restic's format: snapshots of directories, cut into blobs that are stored once, compressed and
/// encrypted. Every member may be called from several threads at once, unless it says otherwise.
/// </summary>
/// <remarks>
/// The order of a backup: <see cref="Open"/>, <see cref="Lock"/>, <see cref="LoadIndex"/>, then
/// <see cref="SaveBlob"/> and <see cref="SaveTree"/> as often as needed, <see cref="SaveSnapshot"/> last. What fails is told
/// by <see cref="RepositoryException"/>; damage by <see cref="RepositoryDataException"/>; what the backend could not do by
/// <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </remarks>
public sealed partial class Repository : IDisposable
{
    private const int MaxConfigLength = 1 << 20;

    private readonly RepositoryOptions _options;
    private readonly IZstandard? _zstandard;
    private readonly UnpackedFiles _files;
    private readonly MasterIndex _index = new();

    private Repository(
        IRepositoryBackend backend, RepositoryOptions options, RepositoryConfig config, RepositoryKey key, ObjectId keyId)
    {
        Backend = backend;
        Config = config;
        KeyId = keyId;
        _options = options;
        Key = key;
        _zstandard = GetZstandard(options);
        _files = new UnpackedFiles(backend, key, config, _zstandard);
        Decoder = new BlobDecoder(key, _zstandard);
    }

    /// <summary>Where the files lie. It is disposed with the repository.</summary>
    public IRepositoryBackend Backend { get; }

    /// <summary>What holds for the repository as a whole.</summary>
    public RepositoryConfig Config { get; }

    /// <summary>The key that opened it.</summary>
    public ObjectId KeyId { get; }

    /// <summary>
    /// Whether new blobs are compressed. Not so in a repository of format 1, and not on a system without Zstandard, which is
    /// worth a warning.
    /// </summary>
    public bool Compresses => Config.Version >= 2 && _zstandard is not null;

    /// <summary>From which length on a pack is full.</summary>
    internal int PackSize => _options.PackSize;

    /// <summary>What everything is encrypted with.</summary>
    internal RepositoryKey Key { get; }

    /// <summary>Decrypts, decompresses and verifies blobs.</summary>
    internal BlobDecoder Decoder { get; }

    /// <summary>Creates a repository of format 2 with one password, and opens it.</summary>
    /// <param name="backend">Where; taken over even when this fails.</param>
    /// <param name="password">The password; the caller wipes it.</param>
    /// <param name="options">How it is going to be used.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.AlreadyExists"/>.</exception>
    public static Repository Create(IRepositoryBackend backend, ReadOnlySpan<char> password, RepositoryOptions? options = null)
    {
        options ??= new RepositoryOptions();
        RepositoryKey key = RepositoryKey.Generate();
        try
        {
            RepositoryConfig config = new(
                options.Version,
                Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(ObjectId.Length)),
                ChunkPolynomial.Random().Value);
            ReadOnlyMemory<byte> json = config.ToJson();
            byte[] configFile = new byte[RepositoryKey.CiphertextLength(json.Length)];
            key.Encrypt(json.Span, configFile);
            ReadOnlyMemory<byte> keyFile = KeyRing.Make(key, password, options.Scrypt ?? ScryptParameters.Calibrate());
            backend.Create(keyFile, configFile);
            return new Repository(backend, options, config, key, ObjectId.Hash(keyFile.Span));
        }
        catch
        {
            key.Dispose();
            backend.Dispose();
            throw;
        }
    }

    /// <summary>Opens a repository, with whichever of its passwords.</summary>
    /// <param name="backend">Where; taken over even when this fails.</param>
    /// <param name="password">The password; the caller wipes it.</param>
    /// <param name="options">How it is going to be used.</param>
    /// <exception cref="RepositoryException">
    /// <see cref="RepositoryError.NotFound"/>, <see cref="RepositoryError.WrongPassword"/>,
    /// <see cref="RepositoryError.UnsupportedVersion"/>.
    /// </exception>
    public static Repository Open(IRepositoryBackend backend, ReadOnlySpan<char> password, RepositoryOptions? options = null)
    {
        try
        {
            byte[] file = ReadConfigFile(backend);
            return new KeyRing(backend).Open(password, (keyId, key) =>
            {
                byte[] json = new byte[Math.Max(0, file.Length - RepositoryKey.Overhead)];
                try
                {
                    key.Decrypt(file, json);
                }
                catch (RepositoryDataException e)
                {
                    throw new RepositoryDataException(
                        $"The config of the repository '{backend.Location}' is damaged: {e.Message}", e);
                }

                RepositoryConfig config = RepositoryConfig.Read(json, backend.Location);
                return new Repository(backend, options ?? new RepositoryOptions(), config, key, keyId);
            });
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    /// <summary>What cuts files as restic cuts them in this repository; one serves one file at a time.</summary>
    /// <exception cref="RepositoryDataException">The config's polynomial is none that restic works with.</exception>
    public Chunker CreateChunker() => new(new ChunkPolynomial(Config.ChunkerPolynomial));

    /// <summary>Adds a password.</summary>
    /// <param name="password">The password; the caller wipes it.</param>
    /// <returns>The new key.</returns>
    public ObjectId AddKey(ReadOnlySpan<char> password) =>
        new KeyRing(Backend).Add(Key, password, _options.Scrypt ?? ScryptParameters.Calibrate());

    /// <summary>
    /// Ends the use of the repository. Blobs that were not flushed are dropped; packs that are written already stay, in no
    /// index, until the next pruning.
    /// </summary>
    public void Dispose()
    {
        _saver?.Dispose();
        Key.Dispose();
        Backend.Dispose();
    }

    private static IZstandard? GetZstandard(RepositoryOptions options) => options.Zstandard ?? SystemZstandard.TryLoad();

    private static byte[] ReadConfigFile(IRepositoryBackend backend)
    {
        try
        {
            return backend.ReadWhole(RepositoryFile.Config, MaxConfigLength);
        }
        catch (FileNotFoundException e)
        {
            throw new RepositoryException(
                RepositoryError.NotFound,
                $"There is no repository in '{backend.Location}': it has no config. If making it was interrupted, make it again.",
                e);
        }
    }
}
