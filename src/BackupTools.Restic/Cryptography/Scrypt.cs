using System.Numerics;
using System.Security.Cryptography;

namespace BackupTools.Restic.Cryptography;

/// <summary>
/// The password-based key derivation scrypt (RFC 7914). By design its memory accesses depend on the password; only
/// those who measure this machine's memory could learn from that.
/// </summary>
internal static class Scrypt
{
    /// <summary>The most memory, 128 N r bytes, that parameters from a key file may ask for.</summary>
    public const long MaximumMemory = 256 << 20;

    /// <summary>The most work, N r p, that parameters from a key file may ask for: half a minute or so.</summary>
    public const long MaximumWork = 1 << 26;

    // The p parts are independent: so many are worked on at once as fit in here, and at least one.
    private const long MemoryForParallelParts = 128 << 20;

    /// <summary>Derives as many bytes of a key as the output takes.</summary>
    /// <exception cref="RepositoryDataException">No parameters of scrypt, or such as a forger chose.</exception>
    public static void DeriveKey(
        ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int n, int r, int p, Span<byte> output)
    {
        CheckParameters(n, r, p);
        int partLength = ScryptMixer.BlockLength * r;
        long partMemory = (long)partLength * n;
        using WipedMemory parts = new(checked(partLength * p));
        Rfc2898DeriveBytes.Pbkdf2(password, salt, parts.Span, iterations: 1, HashAlgorithmName.SHA256);

        int pairCount = (p + 1) / 2;
        ParallelOptions options = new()
        {
            MaxDegreeOfParallelism =
                (int)Math.Clamp(MemoryForParallelParts / (2 * partMemory), 1, Environment.ProcessorCount),
        };
        Parallel.For(0, pairCount, options, pair =>
            ScryptMixer.Mix(Part(2 * pair), Part(Math.Min(2 * pair + 1, p - 1)), n, r));
        Rfc2898DeriveBytes.Pbkdf2(password, parts.Span, output, iterations: 1, HashAlgorithmName.SHA256);

        Span<byte> Part(int index) => parts.Span.Slice(index * partLength, partLength);
    }

    private static void CheckParameters(int n, int r, int p)
    {
        if (n < 2 || !BitOperations.IsPow2(n) || r < 1 || p < 1 || (long)r * p >= 1 << 30)
        {
            throw new RepositoryDataException($"N={n}, r={r}, p={p} are no parameters of scrypt.");
        }

        UInt128 memory = (UInt128)ScryptMixer.BlockLength * (uint)n * (uint)r;
        if (memory > MaximumMemory || (UInt128)(uint)n * (uint)r * (uint)p > MaximumWork)
        {
            throw new RepositoryDataException(
                $"The key asks for scrypt with N={n}, r={r}, p={p}, which takes more memory than "
                + $"{MaximumMemory >> 20} MiB or more time than is reasonable.");
        }
    }
}
