using System.Security.Cryptography;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite;

public sealed class CopyTargetTests : IDisposable
{
    private const int PageSize = 4096;

    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _firstPage = RandomNumberGenerator.GetBytes(PageSize);

    private string Path => System.IO.Path.Join(_directory.Path, "copy.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Pages_in_order_but_for_the_first_are_hashed_on_the_way_zeros_where_one_is_left_out()
    {
        byte[] expected = RandomNumberGenerator.GetBytes(700 * PageSize);
        expected.AsSpan(300 * PageSize, PageSize).Clear();
        using CopyTarget target = new(Path, [], expected.Length, default);
        for (int page = 0; page < 700; page++)
        {
            if (page != 300)
            {
                target.Write(expected.AsSpan(page * PageSize, PageSize), page * PageSize);
            }
        }

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(expected)), target.Finish());
        Assert.Equal(expected, File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_first_page_that_was_not_foretold_makes_the_hash_unknown()
    {
        using CopyTarget target = new(Path, _firstPage, 2 * PageSize, default);
        byte[] pages = RandomNumberGenerator.GetBytes(2 * PageSize);
        target.Write(pages.AsSpan(PageSize), PageSize);
        target.Write(pages.AsSpan(0, PageSize), 0);
        Assert.Null(target.Finish());
        Assert.Equal(pages, File.ReadAllBytes(Path));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_is_written_where_is_read_back_and_stands_in_the_file_at_last(int seed)
    {
        Random random = new(seed);
        byte[] expected = new byte[4 * 1024 * 1024];
        int length = 0;
        using CopyTarget target = new(Path, _firstPage, expected.Length, default);
        int next = PageSize;
        for (int i = 0; i < 2000; i++)
        {
            // In order at first, then anywhere, across the end of the first page too.
            int offset = i < 200 ? next : random.Next(expected.Length - (2 * PageSize));
            int count = random.Next(1, 2 * PageSize);
            byte[] bytes = new byte[count];
            random.NextBytes(bytes);
            if (i % 7 == 0)
            {
                offset = random.Next(PageSize);
            }

            target.Write(bytes, offset);
            bytes.CopyTo(expected, offset);
            length = Math.Max(length, offset + count);
            next = offset + count;
            if (i > 100 && i % 50 == 0)
            {
                byte[] read = new byte[3 * PageSize];
                int from = i % 100 == 0 ? random.Next(2 * PageSize) : random.Next(length);
                int got = target.Read(read, from);
                Assert.Equal(Math.Min(read.Length, length - from), got);
                byte[] written = expected[from..(from + got)];
                MaskUnwritten(written, read.AsSpan(0, got));
                Assert.Equal(written, read[..got]);
            }
        }

        // What SQLite never wrote of the first page is what was foretold, which is as good as anything.
        target.Write(expected.AsSpan(0, PageSize), 0);
        string? hash = target.Finish();
        Assert.Equal(expected[..length], File.ReadAllBytes(Path));
        Assert.True(hash is null || hash == Convert.ToHexStringLower(SHA256.HashData(expected.AsSpan(0, length))));
    }

    // Bytes that nothing was written to yet have no content of their own.
    private static void MaskUnwritten(byte[] written, Span<byte> read)
    {
        for (int i = 0; i < written.Length; i++)
        {
            if (written[i] == 0)
            {
                read[i] = 0;
            }
        }
    }
}
