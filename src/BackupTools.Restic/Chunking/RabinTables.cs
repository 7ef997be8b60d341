namespace BackupTools.Restic.Chunking;

/// <summary>
/// What rolls Rabin's fingerprint by a byte, for one polynomial: the fingerprint of a window is its bytes, as
/// coefficients, modulo the polynomial. Read-only, and shared.
/// </summary>
internal sealed class RabinTables
{
    /// <summary>How many bytes a fingerprint is of.</summary>
    public const int WindowLength = 64;

    private static RabinTables? s_latest;

    private readonly ChunkPolynomial _polynomial;

    private RabinTables(ChunkPolynomial polynomial)
    {
        int degree = polynomial.Degree;
        if (degree is < 9 or > ChunkPolynomial.RandomDegree)
        {
            throw new RepositoryDataException($"The polynomial {polynomial} is of degree {degree}, not 53.");
        }

        _polynomial = polynomial;
        TopShift = degree - 8;
        for (int b = 0; b < 256; b++)
        {
            // The byte that a fingerprint grows beyond the polynomial's degree by, and what that is there.
            ulong beyond = (ulong)b << degree;
            Reduce[b] = beyond | new ChunkPolynomial(beyond).Mod(polynomial).Value;
        }

        for (int b = 0; b < 256; b++)
        {
            ulong fingerprint = (ulong)b;
            for (int i = 0; i < WindowLength; i++)
            {
                fingerprint = Append(fingerprint, 0);
            }

            Leave[b] = fingerprint;
        }
    }

    /// <summary>How far right a fingerprint's highest byte is.</summary>
    public int TopShift { get; }

    /// <summary>By a fingerprint's highest byte: what reduces it when it is moved up by a byte.</summary>
    public ulong[] Reduce { get; } = new ulong[256];

    /// <summary>By a byte: what it is in the fingerprint, once the next byte has pushed it out of the window.</summary>
    public ulong[] Leave { get; } = new ulong[256];

    /// <summary>The tables for a polynomial. A run works with one, so only the latest is kept.</summary>
    public static RabinTables For(ChunkPolynomial polynomial)
    {
        RabinTables? tables = s_latest;
        if (tables?._polynomial != polynomial)
        {
            tables = new RabinTables(polynomial);
            s_latest = tables;
        }

        return tables;
    }

    /// <summary>The fingerprint with a byte more at its end.</summary>
    public ulong Append(ulong fingerprint, byte next) =>
        ((fingerprint << 8) | next) ^ Reduce[fingerprint >> TopShift];
}
