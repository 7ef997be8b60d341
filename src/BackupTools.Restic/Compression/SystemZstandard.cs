using System.Collections.Concurrent;
using System.Globalization;

namespace BackupTools.Restic.Compression;

/// <summary>
/// Zstandard by the system's libzstd. What the library works in is kept from call to call, one for each thread that is
/// busy at the same time.
/// </summary>
internal sealed class SystemZstandard : IZstandard
{
    // A file's content that does not tell its length is guessed to be so many times longer, then twice that, and so on.
    private const int GuessedRatio = 8;
    private const int LeastGuess = 64 * 1024;

    private readonly ConcurrentBag<ZstandardLibrary.CompressorHandle> _compressors = [];
    private readonly ConcurrentBag<ZstandardLibrary.DecompressorHandle> _decompressors = [];

    private SystemZstandard()
    {
        uint version = ZstandardLibrary.VersionNumber();
        Version = string.Create(
            CultureInfo.InvariantCulture, $"{version / 10_000}.{version / 100 % 100}.{version % 100}");
    }

    /// <inheritdoc/>
    public string Version { get; }

    /// <summary>Zstandard, if the system has its library.</summary>
    public static IZstandard? TryLoad() => ZstandardLibrary.IsAvailable ? new SystemZstandard() : null;

    /// <inheritdoc/>
    public int CompressBound(int sourceLength) => checked((int)ZstandardLibrary.CompressBound((nuint)sourceLength));

    /// <inheritdoc/>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        if (!_compressors.TryTake(out ZstandardLibrary.CompressorHandle? compressor))
        {
            compressor = ZstandardLibrary.CreateCompressor();
        }

        nuint result = ZstandardLibrary.Compress(
            compressor, destination, (nuint)destination.Length, source, (nuint)source.Length, level);
        _compressors.Add(compressor);
        if (ZstandardLibrary.IsError(result) == 0)
        {
            return (int)result;
        }

        string problem = $"libzstd {Version} could not compress: {ZstandardLibrary.Describe(result)}.";
        throw ZstandardLibrary.GetErrorCode(result) == ZstandardLibrary.DestinationTooSmall
            ? new ArgumentException(problem, nameof(destination))
            : new InvalidOperationException(problem);
    }

    /// <inheritdoc/>
    public void Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        nuint result = TryDecompress(source, destination);
        if (ZstandardLibrary.IsError(result) != 0)
        {
            throw Damaged(result);
        }

        if (result != (nuint)destination.Length)
        {
            throw new RepositoryDataException(
                $"Compressed data gives {result} bytes; its index tells {destination.Length}.");
        }
    }

    /// <inheritdoc/>
    public byte[] Decompress(ReadOnlySpan<byte> source, int maximumLength)
    {
        ulong expected = ToldOrGuessedLength(source, maximumLength);
        if (expected > (ulong)maximumLength)
        {
            throw TooLong(source, maximumLength);
        }

        int length = (int)expected;
        while (true)
        {
            byte[] destination = GC.AllocateUninitializedArray<byte>(length);
            nuint result = TryDecompress(source, destination);
            if (ZstandardLibrary.IsError(result) == 0)
            {
                return (int)result == length ? destination : destination[..(int)result];
            }

            if (ZstandardLibrary.GetErrorCode(result) != ZstandardLibrary.DestinationTooSmall)
            {
                throw Damaged(result);
            }

            if (length == maximumLength)
            {
                throw TooLong(source, maximumLength);
            }

            length = (int)Math.Min(2L * Math.Max(length, LeastGuess), maximumLength);
        }
    }

    private static RepositoryDataException Damaged(nuint error) =>
        new($"Compressed data is damaged: {ZstandardLibrary.Describe(error)}.");

    private static RepositoryDataException TooLong(ReadOnlySpan<byte> source, int maximumLength) =>
        new($"Compressed data of {source.Length} bytes gives more than {maximumLength}, the most that can be right.");

    private static ulong ToldOrGuessedLength(ReadOnlySpan<byte> source, int maximumLength) =>
        ZstandardLibrary.GetFrameContentSize(source, (nuint)source.Length) switch
        {
            ZstandardLibrary.ContentSizeUnknown =>
                (ulong)Math.Min(Math.Max((long)source.Length * GuessedRatio, LeastGuess), maximumLength),
            ZstandardLibrary.ContentSizeError =>
                throw new RepositoryDataException("Compressed data is damaged: it begins with no frame."),
            ulong told => told,
        };

    private nuint TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.IsEmpty)
        {
            // Nothing is no frame, although the library takes it for no frames.
            throw new RepositoryDataException("Compressed data is missing.");
        }

        if (!_decompressors.TryTake(out ZstandardLibrary.DecompressorHandle? decompressor))
        {
            decompressor = ZstandardLibrary.CreateDecompressor();
        }

        nuint result = ZstandardLibrary.Decompress(
            decompressor, destination, (nuint)destination.Length, source, (nuint)source.Length);
        _decompressors.Add(decompressor);
        return result;
    }
}
