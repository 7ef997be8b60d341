using System.Security.Cryptography;
using BackupTools.Restic.Chunking;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Restic.Tests.Chunking;

public class ChunkerTests
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    private static readonly ChunkPolynomial s_polynomial = new(0x3DA3358B4DC173);

    // By place, from the end of a window, and byte: the byte there modulo the polynomial.
    private static readonly ulong[][] s_terms = Terms();

    // The vectors of restic's chunker: lengths, and the beginnings of the pieces' SHA-256.
    private static readonly (int Length, string Hash)[] s_pieces =
    [
        (2163460, "4b94cb2cf293855e"), (643703, "5727a63c0964f365"), (1528956, "a73759636a1e7a27"),
        (1955808, "c955fb059409b25f"), (2222372, "6ba5e9f7e1b31072"), (2538687, "8687937412f654b5"),
        (609606, "5da820742ff5feb3"), (1205738, "cc70d8fad5472beb"), (959742, "4065bdd778f95676"),
        (4036109, "b9cf166e75200eb4"), (1525894, "2f238180e4ca1f75"), (1352720, "afd12f13286a3901"),
        (811884, "42d0cdb1ee7c48e5"), (1282314, "819721c2457426eb"), (1318021, "842eb53543db55ba"),
        (948640, "b8e36bf7019bb96a"), (645464, "5584bd27982191c3"), (533758, "4da778a25b72a9a0"),
        (1128303, "08c6b0b38095b348"), (800374, "820284d2c8fd2434"), (2453512, "5fa870ed107c6770"),
        (2651975, "181347d2bbec32be"), (237392, "fcd567f5d866357a"),
    ];

    [Fact]
    public void Data_is_cut_where_restics_vectors_say()
    {
        byte[] data = new GoRandom(seed: 23).Bytes(32 * MiB);
        Assert.Equal(s_pieces, Pieces(data, Cuts(new Chunker(s_polynomial), data, [])));
    }

    [Fact]
    public void Data_is_cut_within_other_limits_where_restics_vectors_say()
    {
        byte[] data = new GoRandom(seed: 23).Bytes(32 * MiB);
        Assert.Equal(
            [(17864181, "4a43d4eccaa3b885"), (15690251, "4ca32142da6f9130")],
            Pieces(data, Cuts(new Chunker(s_polynomial, 16 * MiB, 32 * MiB), data, [])));
    }

    [Fact]
    public void Zeros_are_cut_as_short_as_allowed()
    {
        byte[] data = new byte[4 * Chunker.MinimumLength];
        Assert.Equal(
            Enumerable.Repeat((Chunker.MinimumLength, "07854d2fef297a06"), 4),
            Pieces(data, Cuts(new Chunker(s_polynomial), data, [])));
    }

    [Fact]
    public void Data_without_a_place_to_cut_is_cut_as_long_as_allowed()
    {
        // One byte, repeated, has one fingerprint.
        byte[] data = new byte[17 * MiB];
        Array.Fill(data, (byte)1);
        Assert.Equal([8 * MiB, 8 * MiB, MiB], Cuts(new Chunker(s_polynomial), data, []));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(Chunker.MinimumLength - 1)]
    public void What_is_shorter_than_a_piece_is_one_piece_and_nothing_is_none(int length)
    {
        Assert.Equal(length == 0 ? [] : [length], Cuts(new Chunker(s_polynomial), new byte[length], []));
    }

    [Fact]
    public void Cuts_do_not_depend_on_how_the_data_is_fed()
    {
        byte[] data = new GoRandom(seed: 5).Bytes(8 * MiB);
        List<int> expected = Cuts(new Chunker(s_polynomial), data, []);
        Gen<int> lengths = Gen.Frequency(
            (4, Gen.Choose(0, 130)), (2, Gen.Choose(0, 5000)), (4, Gen.Choose(0, MiB)), (1, Gen.Constant(512 * KiB)));
        Prop.ForAll(lengths.NonEmptyListOf().ToArbitrary(), feed =>
            Cuts(new Chunker(s_polynomial), data, [.. feed]).SequenceEqual(expected))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public void Cuts_are_where_the_definition_says_however_near_they_are_to_one_another()
    {
        // Windows of zeros are cut, so there are as many places as runs of them.
        Gen<byte[]> runs = Gen.Frequency(
            (3, Gen.Choose(1, 90).Select(length => new byte[length])),
            (3, Gen.Choose(1, 3000).Select(RandomNumberGenerator.GetBytes)),
            (1, Gen.Choose(1, 20_000).Select(RandomNumberGenerator.GetBytes)));
        Gen<byte[]> contents = runs.ListOf().Resize(40).Select(parts => parts.SelectMany(part => part).ToArray());
        Gen<int> minima = Gen.OneOf(Gen.Constant(64), Gen.Choose(64, 200), Gen.Choose(64, 10_000));
        Gen<int> feeds = Gen.Frequency((1, Gen.Choose(1, 200)), (1, Gen.Choose(1, 100_000)));
        Gen<(int, int)> limits = Gen.Zip(minima, minima).Select(both => (both.Item1, both.Item1 + both.Item2 - 64));
        Prop.ForAll(contents.ToArbitrary(), limits.ToArbitrary(), feeds.ToArbitrary(), (data, limit, feed) =>
        {
            (int minimum, int maximum) = limit;
            return Cuts(new Chunker(s_polynomial, minimum, maximum), data, [feed])
                .SequenceEqual(DefinedCuts(data, minimum, maximum));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    [Fact]
    public void The_only_place_to_cut_is_found_wherever_it_is()
    {
        byte[] data = new GoRandom(seed: 1).Bytes(9000);
        for (int i = 0; i < data.Length; i++)
        {
            data[i] |= 1;
        }

        Chunker chunker = new(s_polynomial, 64);
        for (int end = 64; end < data.Length; end++)
        {
            byte[] cutAtEnd = [.. data];
            cutAtEnd.AsSpan(end - 64, 64).Clear();
            Assert.Equal(end, chunker.FindCut(cutAtEnd, isEnd: true));
        }
    }

    [Fact]
    public void A_chunker_begins_anew_after_a_files_end_and_when_told()
    {
        byte[] data = new GoRandom(seed: 9).Bytes(3 * MiB);
        Chunker chunker = new(s_polynomial);
        List<int> expected = Cuts(chunker, data, []);
        Assert.Equal(expected, Cuts(chunker, data, []));
        Assert.Equal(-1, chunker.FindCut(data.AsSpan(0, 600_000), isEnd: false));
        chunker.Reset();
        Assert.Equal(expected, Cuts(chunker, data, []));
    }

    [Fact]
    public void Chunkers_of_different_polynomials_work_side_by_side()
    {
        byte[] data = new GoRandom(seed: 9).Bytes(4 * MiB);
        ChunkPolynomial other = ChunkPolynomial.Random();
        List<int> expected = Cuts(new Chunker(s_polynomial), data, []);
        List<int> expectedOfOther = Cuts(new Chunker(other), data, []);
        Assert.NotEqual(expected, expectedOfOther);
        Parallel.For(0, 16, i => Assert.Equal(
            i % 2 == 0 ? expected : expectedOfOther, Cuts(new Chunker(i % 2 == 0 ? s_polynomial : other), data, [])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x1b)]
    [InlineData(ulong.MaxValue)]
    public void A_polynomial_of_a_degree_that_restic_does_not_work_with_is_refused(ulong polynomial)
    {
        Assert.Throws<RepositoryDataException>(() => new Chunker(new ChunkPolynomial(polynomial)));
    }

    /// <summary>The lengths of a file's pieces, fed in parts of the lengths given, in turn; else at once.</summary>
    private static List<int> Cuts(Chunker chunker, byte[] data, int[] feed)
    {
        List<int> lengths = [];
        int length = 0;
        int start = 0;
        for (int i = 0; ; i++)
        {
            // A feed of nothing but zeros would never end.
            int part = feed.Length == 0 ? data.Length : feed[i % feed.Length] + (i % feed.Length == 0 ? 1 : 0);
            int end = (int)Math.Min((long)start + part, data.Length);
            int cut;
            while ((cut = chunker.FindCut(data.AsSpan(start..end), end == data.Length)) >= 0)
            {
                Assert.InRange(cut, end == data.Length ? 0 : 1, end - start);
                lengths.Add(length + cut);
                length = 0;
                start += cut;
            }

            length += end - start;
            start = end;
            if (end == data.Length)
            {
                Assert.Equal(0, length);
                return lengths;
            }
        }
    }

    private static List<int> DefinedCuts(byte[] data, int minimum, int maximum)
    {
        List<int> lengths = [];
        int start = 0;
        while (start < data.Length)
        {
            int length = minimum;
            while (start + length < data.Length && length < maximum
                && (Fingerprint(data.AsSpan(start + length - 64, 64)) & 0xfffff) != 0)
            {
                length++;
            }

            length = Math.Min(length, data.Length - start);
            lengths.Add(length);
            start += length;
        }

        return lengths;
    }

    private static ulong[][] Terms()
    {
        ulong[][] terms = new ulong[64][];
        terms[0] = [.. Enumerable.Range(0, 256).Select(next => (ulong)next)];
        for (int i = 1; i < terms.Length; i++)
        {
            terms[i] = [.. terms[i - 1].Select(term => new ChunkPolynomial(term << 8).Mod(s_polynomial).Value)];
        }

        return terms;
    }

    private static ulong Fingerprint(ReadOnlySpan<byte> window)
    {
        ulong sum = 0;
        for (int i = 0; i < window.Length; i++)
        {
            sum ^= s_terms[63 - i][window[i]];
        }

        return sum;
    }

    private static IEnumerable<(int Length, string Hash)> Pieces(byte[] data, List<int> lengths)
    {
        int start = 0;
        foreach (int length in lengths)
        {
            yield return (length, ObjectId.Hash(data.AsSpan(start, length)).ToString()[..16]);
            start += length;
        }
    }
}
