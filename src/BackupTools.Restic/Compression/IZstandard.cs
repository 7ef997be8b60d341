namespace BackupTools.Restic.Compression;

/// <summary>Zstandard, by whichever library there is. All members may be called from several threads at once.</summary>
internal interface IZstandard
{
    /// <summary>The library's version, for diagnostics.</summary>
    string Version { get; }

    /// <summary>The most bytes that compressing so many can give.</summary>
    int CompressBound(int sourceLength);

    /// <summary>Compresses into one frame, and returns its length.</summary>
    /// <param name="source">What to compress.</param>
    /// <param name="destination">At least <see cref="CompressBound"/> long; must not overlap the source.</param>
    /// <param name="level">Zstandard's level.</param>
    int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = ZstandardLevel.Default);

    /// <summary>Decompresses what is known to become exactly as long as the destination.</summary>
    /// <exception cref="RepositoryDataException">Not Zstandard, damaged, or of another length.</exception>
    void Decompress(ReadOnlySpan<byte> source, Span<byte> destination);

    /// <summary>Decompresses what tells its length or not, up to a bound that no content is believed to pass.</summary>
    /// <exception cref="RepositoryDataException">Not Zstandard, damaged, or longer than the bound.</exception>
    byte[] Decompress(ReadOnlySpan<byte> source, int maximumLength);
}
