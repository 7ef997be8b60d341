using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace BackupTools.Restic.Chunking;

/// <summary>
/// A polynomial over GF(2), a bit for each coefficient: what a repository's Rabin fingerprints are taken modulo, so
/// that the lengths of its pieces do not tell what they are pieces of. Written in hex.
/// </summary>
/// <param name="Value">The coefficients, that of x^0 lowest.</param>
internal readonly record struct ChunkPolynomial(ulong Value)
{
    /// <summary>The degree that restic's chunker works with: a prime, and a byte less than 62.</summary>
    public const int RandomDegree = 53;

    /// <summary>The highest power; -1 of zero.</summary>
    public int Degree => 63 - BitOperations.LeadingZeroCount(Value);

    /// <summary>
    /// Whether nothing but itself and 1 divides it, by Ben-Or's test: it has no factor of degree i in common with
    /// x^(2^i) - x, the product of all there are.
    /// </summary>
    public bool IsIrreducible
    {
        get
        {
            if (Degree < 1)
            {
                return false;
            }

            ChunkPolynomial x = new(2);
            ChunkPolynomial power = x.Mod(this);
            for (int i = 1; i <= Degree / 2; i++)
            {
                power = power.MultiplyMod(power, this);
                if (GreatestCommonDivisor(this, power + x).Value != 1)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>The sum, which is the difference too.</summary>
    public static ChunkPolynomial operator +(ChunkPolynomial left, ChunkPolynomial right) =>
        new(left.Value ^ right.Value);

    /// <summary>Chooses one at random among the irreducible ones of the degree that restic works with.</summary>
    public static ChunkPolynomial Random()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        while (true)
        {
            // About one in 26 of those with a constant term is irreducible.
            RandomNumberGenerator.Fill(random);
            ulong coefficients = BinaryPrimitives.ReadUInt64LittleEndian(random) & ((1UL << RandomDegree) - 1);
            ChunkPolynomial candidate = new(coefficients | (1UL << RandomDegree) | 1);
            if (candidate.IsIrreducible)
            {
                return candidate;
            }
        }
    }

    /// <summary>Reads hex digits, if the text is that.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ChunkPolynomial polynomial)
    {
        bool read = ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value);
        polynomial = new(value);
        return read;
    }

    /// <summary>The remainder of a division.</summary>
    public ChunkPolynomial Mod(ChunkPolynomial divisor)
    {
        ulong remainder = Value;
        int degree = divisor.Degree;
        ArgumentOutOfRangeException.ThrowIfNegative(degree, nameof(divisor));
        for (int i = Degree; i >= degree; i--)
        {
            if ((remainder >> i & 1) != 0)
            {
                remainder ^= divisor.Value << (i - degree);
            }
        }

        return new(remainder);
    }

    /// <summary>The product's remainder of a division, however large the product.</summary>
    public ChunkPolynomial MultiplyMod(ChunkPolynomial factor, ChunkPolynomial divisor)
    {
        ulong product = 0;
        ulong multiple = Mod(divisor).Value;
        ulong top = 1UL << (divisor.Degree - 1);
        for (ulong rest = factor.Value; rest != 0; rest >>= 1)
        {
            product ^= (rest & 1) != 0 ? multiple : 0;
            multiple = (multiple << 1) ^ ((multiple & top) != 0 ? divisor.Value : 0);
        }

        return new(product);
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);

    private static ChunkPolynomial GreatestCommonDivisor(ChunkPolynomial a, ChunkPolynomial b)
    {
        while (b.Value != 0)
        {
            (a, b) = (b, a.Mod(b));
        }

        return a;
    }
}
