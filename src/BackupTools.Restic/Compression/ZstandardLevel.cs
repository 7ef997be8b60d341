namespace BackupTools.Restic.Compression;

/// <summary>Zstandard's levels, by the names that restic gives them.</summary>
internal static class ZstandardLevel
{
    /// <summary>restic's "auto": the default of its library, which that calls about the reference's level 3.</summary>
    public const int Default = 3;

    /// <summary>restic's "max": the best of its library, which that calls about the reference's level 11.</summary>
    public const int Best = 11;
}
