using System.Security.Cryptography;
using BackupTools.Restic.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Restic.Tests.Compression;

public class SystemZstandardTests
{
    private const int Bound = 1 << 20;

    // A frame as streams make it, which does not tell its length: header, window of 1 MiB, a last block of the byte
    // 'r' repeated 100,000 times.
    private static readonly byte[] s_frameWithoutLength =
        [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, .. RunBlock('r', 100_000, isLast: true)];

    private static readonly IZstandard? s_zstandard = SystemZstandard.TryLoad();

    private static IZstandard Zstandard
    {
        get
        {
            Skip.If(s_zstandard is null, "libzstd is not installed");
            return s_zstandard!;
        }
    }

    [SkippableFact]
    public void What_is_compressed_is_decompressed_again()
    {
        IZstandard zstandard = Zstandard;
        Gen<byte[]> repetitive = Gen.Choose(0, 300_000).Select(length =>
            RandomNumberGenerator.GetItems("abcd"u8, length));
        Gen<byte[]> random = Gen.Choose(0, 300_000).Select(RandomNumberGenerator.GetBytes);
        Prop.ForAll(Gen.OneOf(repetitive, random).ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), (data, level) =>
        {
            byte[] compressed = Compress(zstandard, data, level);
            byte[] exact = new byte[data.Length];
            zstandard.Decompress(compressed, exact);
            return exact.AsSpan().SequenceEqual(data)
                && zstandard.Decompress(compressed, Bound).AsSpan().SequenceEqual(data);
        }).QuickCheckThrowOnFailure();
    }

    [SkippableFact]
    public void Compressing_makes_data_shorter()
    {
        Assert.InRange(Compress(Zstandard, new byte[Bound]).Length, 1, 1000);
    }

    [SkippableFact]
    public void A_destination_that_is_too_small_is_the_callers_mistake()
    {
        IZstandard zstandard = Zstandard;
        byte[] data = RandomNumberGenerator.GetBytes(1000);
        Assert.Throws<ArgumentException>(() => zstandard.Compress(data, new byte[999]));
    }

    [SkippableFact]
    public void Frames_that_do_not_tell_their_length_are_decompressed()
    {
        IZstandard zstandard = Zstandard;
        byte[] expected = new byte[100_000];
        Array.Fill(expected, (byte)'r');
        Assert.Equal(expected, zstandard.Decompress(s_frameWithoutLength, Bound));
        Assert.Equal(expected, zstandard.Decompress(s_frameWithoutLength, expected.Length));
        byte[] exact = new byte[expected.Length];
        zstandard.Decompress(s_frameWithoutLength, exact);
        Assert.Equal(expected, exact);
    }

    [SkippableFact]
    public void Frames_one_after_another_are_one_content()
    {
        IZstandard zstandard = Zstandard;
        byte[] first = Compress(zstandard, "first, "u8.ToArray());
        byte[] second = Compress(zstandard, "second"u8.ToArray());
        Assert.Equal("first, second"u8, zstandard.Decompress([.. first, .. second], Bound));
    }

    [SkippableFact]
    public void Nothing_that_is_longer_than_its_bound_is_decompressed()
    {
        IZstandard zstandard = Zstandard;
        byte[] told = Compress(zstandard, new byte[Bound + 1]);
        Assert.Equal(new byte[Bound + 1], zstandard.Decompress(told, Bound + 1));
        Assert.Throws<RepositoryDataException>(() => zstandard.Decompress(told, Bound));

        byte[] untold = [.. s_frameWithoutLength[..6], .. BlocksOfZeros(count: 1000)];
        Assert.Equal(128_000_000, zstandard.Decompress(untold, 128_000_000).Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<RepositoryDataException>(() => zstandard.Decompress(untold, Bound));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * Bound);
    }

    [SkippableTheory]
    [InlineData(99_999)]
    [InlineData(100_001)]
    [InlineData(0)]
    public void Data_of_another_length_than_its_index_tells_is_refused(int length)
    {
        IZstandard zstandard = Zstandard;
        Assert.Throws<RepositoryDataException>(() => zstandard.Decompress(s_frameWithoutLength, new byte[length]));
        byte[] told = Compress(zstandard, new byte[100_000]);
        Assert.Throws<RepositoryDataException>(() => zstandard.Decompress(told, new byte[length]));
    }

    [SkippableFact]
    public void Damaged_data_is_refused_or_differs_and_never_passes_its_bound()
    {
        IZstandard zstandard = Zstandard;
        byte[] compressed = Compress(zstandard, RandomNumberGenerator.GetItems("abcd"u8, 500));
        for (int length = 0; length < compressed.Length; length++)
        {
            byte[] truncated = compressed[..length];
            Assert.Throws<RepositoryDataException>(() => zstandard.Decompress(truncated, Bound));
            Assert.Throws<RepositoryDataException>(() => zstandard.Decompress(truncated, new byte[500]));
        }

        for (int i = 0; i < compressed.Length * 8; i++)
        {
            byte[] damaged = [.. compressed];
            damaged[i / 8] ^= (byte)(1 << (i % 8));
            try
            {
                Assert.InRange(zstandard.Decompress(damaged, Bound).Length, 0, Bound);
            }
            catch (RepositoryDataException)
            {
                // Most of it; the rest is left for the content's hash to find.
            }
        }
    }

    [SkippableFact]
    public void Several_threads_share_the_library()
    {
        IZstandard zstandard = Zstandard;
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            byte[] data = RandomNumberGenerator.GetItems("abcd"u8, i * 300);
            Assert.Equal(data, zstandard.Decompress(Compress(zstandard, data), Bound));
        });
    }

    private static byte[] Compress(IZstandard zstandard, byte[] data, int level = ZstandardLevel.Default)
    {
        byte[] destination = new byte[zstandard.CompressBound(data.Length)];
        return destination[..zstandard.Compress(data, destination, level)];
    }

    private static IEnumerable<byte> BlocksOfZeros(int count) =>
        Enumerable.Range(1, count).SelectMany(i => RunBlock('\0', 128_000, isLast: i == count));

    private static byte[] RunBlock(char value, int length, bool isLast)
    {
        int header = (isLast ? 1 : 0) | (1 << 1) | (length << 3);
        return [(byte)header, (byte)(header >> 8), (byte)(header >> 16), (byte)value];
    }
}
