using BackupTools.Restic.Compression;
using BackupTools.Restic.Keys;

namespace BackupTools.Restic;

/// <summary>How much effort goes into compression; the names are restic's.</summary>
public enum CompressionMode
{
    /// <summary>Zstandard, fast.</summary>
    Auto,

    /// <summary>Data is left as it is; trees, indexes and snapshots are compressed.</summary>
    Off,

    /// <summary>Zstandard, thorough.</summary>
    Max,
}

/// <summary>How a repository is used.</summary>
public sealed record RepositoryOptions
{
    /// <summary>How new blobs are compressed.</summary>
    public CompressionMode Compression { get; init; }

    /// <summary>How large packs get before they are written.</summary>
    public int PackSize { get; init; } = 16 << 20;

    /// <summary>How many threads compress and encrypt.</summary>
    public int Threads { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>The format of a repository that is created.</summary>
    internal int Version { get; init; } = RepositoryConfig.MaxVersion;

    /// <summary>How hard it is to try a password of a key that is made; null to find out what suits this machine.</summary>
    internal ScryptParameters? Scrypt { get; init; }

    /// <summary>Zstandard, in place of the system's.</summary>
    internal IZstandard? Zstandard { get; init; }
}

/// <summary>How far something has come.</summary>
/// <param name="Done">What is done.</param>
/// <param name="Total">What there is to do.</param>
public readonly record struct RepositoryProgress(long Done, long Total);
