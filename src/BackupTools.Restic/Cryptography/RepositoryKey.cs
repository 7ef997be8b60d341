using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace BackupTools.Restic.Cryptography;

/// <summary>
/// What a repository is encrypted with: AES-256 in counter mode, authenticated by Poly1305-AES. Stored data is the
/// initialisation vector, the ciphertext, and the tag. Serves several threads at once.
/// </summary>
internal sealed class RepositoryKey : IDisposable
{
    /// <summary>The length of all keys together.</summary>
    public const int Length = AesCounter.KeyLength + MacKeyLength + MacKeyLength;

    /// <summary>How much longer data becomes by encryption.</summary>
    public const int Overhead = VectorLength + Poly1305.TagLength;

    private const int MacKeyLength = 16;
    private const int VectorLength = AesCounter.BlockLength;

    // Pinned, so that no copy is left where the collector moved it from.
    private readonly byte[] _keys = GC.AllocateArray<byte>(Length, pinned: true);
    private readonly ConcurrentBag<Ciphers> _idle = [];
    private volatile bool _disposed;

    /// <summary>Takes over keys in the order in which a password's derivation gives them: AES, then k and r.</summary>
    /// <exception cref="RepositoryDataException">A key is all zero.</exception>
    public RepositoryKey(ReadOnlySpan<byte> keys)
    {
        keys[..Length].CopyTo(_keys);
        if (IsZero(EncryptionKey) || IsZero(MacK) || IsZero(MacR))
        {
            throw new RepositoryDataException("A key is all zero, which restic refuses too.");
        }
    }

    /// <summary>The key of the encryption.</summary>
    public ReadOnlySpan<byte> EncryptionKey => _keys.AsSpan(0, AesCounter.KeyLength);

    /// <summary>The tag's key for AES, called k in a key file.</summary>
    public ReadOnlySpan<byte> MacK => _keys.AsSpan(AesCounter.KeyLength, MacKeyLength);

    /// <summary>The tag's key for Poly1305, called r in a key file.</summary>
    public ReadOnlySpan<byte> MacR => _keys.AsSpan(AesCounter.KeyLength + MacKeyLength, MacKeyLength);

    /// <summary>Makes keys at random.</summary>
    public static RepositoryKey Generate()
    {
        Span<byte> keys = stackalloc byte[Length];
        try
        {
            RandomNumberGenerator.Fill(keys);
            return new RepositoryKey(keys);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    /// <summary>How long data of a length becomes by encryption.</summary>
    public static int CiphertextLength(int plainLength) => checked(plainLength + Overhead);

    /// <summary>
    /// Encrypts, under a new initialisation vector. The plain bytes may stand where they will be encrypted, after the
    /// vector, in the ciphertext's own memory; else the two do not overlap.
    /// </summary>
    /// <param name="plain">What to encrypt.</param>
    /// <param name="ciphertext">Of exactly the length that <see cref="CiphertextLength"/> tells.</param>
    public void Encrypt(ReadOnlySpan<byte> plain, Span<byte> ciphertext)
    {
        if (ciphertext.Length != CiphertextLength(plain.Length))
        {
            throw new ArgumentException("The ciphertext has another length.", nameof(ciphertext));
        }

        Span<byte> vector = ciphertext[..VectorLength];
        Span<byte> encrypted = ciphertext[VectorLength..^Poly1305.TagLength];
        RandomNumberGenerator.Fill(vector);
        Ciphers ciphers = Rent();
        ciphers.Counter.Transform(vector, plain, encrypted);
        ComputeTag(ciphers, vector, encrypted, ciphertext[^Poly1305.TagLength..]);
        Return(ciphers);
    }

    /// <summary>
    /// Decrypts, once the tag has proved that this was encrypted with this key and is unchanged; else nothing is
    /// written. The plain bytes may take the place of the encrypted ones, in the ciphertext's own memory; else the two
    /// do not overlap.
    /// </summary>
    /// <param name="ciphertext">What was encrypted.</param>
    /// <param name="plain">At least <see cref="Overhead"/> shorter than the ciphertext.</param>
    /// <returns>The length of what was decrypted.</returns>
    /// <exception cref="RepositoryDataException">Damaged, forged, or encrypted with another key.</exception>
    public int Decrypt(ReadOnlySpan<byte> ciphertext, Span<byte> plain)
    {
        if (ciphertext.Length < Overhead)
        {
            throw new RepositoryDataException(
                $"Encrypted data of {ciphertext.Length} bytes is truncated: it has at least {Overhead}.");
        }

        ReadOnlySpan<byte> vector = ciphertext[..VectorLength];
        ReadOnlySpan<byte> encrypted = ciphertext[VectorLength..^Poly1305.TagLength];
        plain = plain[..encrypted.Length];
        Ciphers ciphers = Rent();
        Span<byte> tag = stackalloc byte[Poly1305.TagLength];
        ComputeTag(ciphers, vector, encrypted, tag);
        bool authentic = CryptographicOperations.FixedTimeEquals(tag, ciphertext[^Poly1305.TagLength..]);
        if (authentic)
        {
            ciphers.Counter.Transform(vector, encrypted, plain);
        }

        Return(ciphers);
        return authentic
            ? plain.Length
            : throw new RepositoryDataException("Encrypted data is damaged, or was encrypted with another key.");
    }

    /// <summary>Clears the keys. No other call may be under way.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out Ciphers? ciphers))
        {
            ciphers.Dispose();
        }

        CryptographicOperations.ZeroMemory(_keys);
    }

    private static bool IsZero(ReadOnlySpan<byte> key) => !key.ContainsAnyExcept((byte)0);

    /// <summary>Poly1305-AES: the one-time key is r and the nonce, encrypted with k.</summary>
    private void ComputeTag(Ciphers ciphers, ReadOnlySpan<byte> vector, ReadOnlySpan<byte> message, Span<byte> tag)
    {
        Span<byte> oneTimeKey = stackalloc byte[Poly1305.KeyLength];
        MacR.CopyTo(oneTimeKey);
        ciphers.EncryptNonce(vector, oneTimeKey[MacKeyLength..]);
        Poly1305.ComputeTag(oneTimeKey, message, tag);
        CryptographicOperations.ZeroMemory(oneTimeKey);
    }

    private Ciphers Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _idle.TryTake(out Ciphers? ciphers) ? ciphers : new Ciphers(EncryptionKey, MacK);
    }

    private void Return(Ciphers ciphers) => _idle.Add(ciphers);

    /// <summary>What one thread at a time works with.</summary>
    private sealed class Ciphers : IDisposable
    {
        private readonly ICryptoTransform _nonceCipher;
        private readonly byte[] _nonce = GC.AllocateArray<byte>(VectorLength, pinned: true);

        public Ciphers(ReadOnlySpan<byte> encryptionKey, ReadOnlySpan<byte> nonceKey)
        {
            Counter = new AesCounter(encryptionKey);
            _nonceCipher = BlockCipher.CreateEncryptor(nonceKey);
        }

        public AesCounter Counter { get; }

        public void EncryptNonce(ReadOnlySpan<byte> nonce, Span<byte> encrypted)
        {
            nonce.CopyTo(_nonce);
            _nonceCipher.TransformBlock(_nonce, 0, VectorLength, _nonce, 0);
            _nonce.CopyTo(encrypted);
        }

        public void Dispose()
        {
            Counter.Dispose();
            _nonceCipher.Dispose();
            CryptographicOperations.ZeroMemory(_nonce);
        }
    }
}
