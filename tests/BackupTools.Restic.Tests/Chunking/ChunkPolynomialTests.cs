using BackupTools.Restic.Chunking;

namespace BackupTools.Restic.Tests.Chunking;

public class ChunkPolynomialTests
{
    // From the tests of restic's chunker.
    [Theory]
    [InlineData(0x1230, 0x230, 0x55, 0x22)]
    [InlineData(0x0eae8c07dbbb3026, 0xd5d6db9de04771de, 0xdd2bda3b77c9, 0x425ae8595b7a)]
    public void Products_are_reduced(ulong a, ulong b, ulong modulus, ulong expected)
    {
        Assert.Equal(expected, new ChunkPolynomial(a).MultiplyMod(new(b), new(modulus)).Value);
        Assert.Equal(expected, new ChunkPolynomial(b).MultiplyMod(new(a), new(modulus)).Value);
    }

    [Theory]
    [InlineData(0x3DA3358B4DC173, true)]
    [InlineData(0x2482734cacca49, true)]
    [InlineData(0x38f1e565e288df, false)]
    [InlineData(0x30a8295b9d5c91, false)]
    [InlineData(0x3e5cb1711669fb, false)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void Irreducible_polynomials_are_told_from_others(ulong polynomial, bool expected)
    {
        Assert.Equal(expected, new ChunkPolynomial(polynomial).IsIrreducible);
    }

    [Fact]
    public void There_are_as_many_irreducible_polynomials_of_each_degree_as_is_known()
    {
        // https://oeis.org/A001037
        int[] known = [2, 1, 2, 3, 6, 9, 18, 30, 56, 99, 186, 335];
        Assert.Equal(known, Enumerable.Range(1, known.Length).Select(degree => Enumerable
            .Range(1 << degree, 1 << degree)
            .Count(polynomial => new ChunkPolynomial((ulong)polynomial).IsIrreducible)));
    }

    [Fact]
    public void Random_polynomials_are_irreducible_of_degree_53_and_differ()
    {
        HashSet<ChunkPolynomial> seen = [];
        for (int i = 0; i < 100; i++)
        {
            ChunkPolynomial polynomial = ChunkPolynomial.Random();
            Assert.Equal(53, polynomial.Degree);
            Assert.True(polynomial.IsIrreducible);
            Assert.True(seen.Add(polynomial));
        }
    }

    [Theory]
    [InlineData("3da3358b4dc173", true)]
    [InlineData("0x3da3358b4dc173", false)]
    [InlineData("", false)]
    [InlineData("-1", false)]
    [InlineData("13da3358b4dc173ff", false)]
    public void Polynomials_are_written_in_hex(string text, bool read)
    {
        Assert.Equal(read, ChunkPolynomial.TryParse(text, out ChunkPolynomial polynomial));
        Assert.Equal(read ? text : "0", polynomial.ToString());
    }
}
