namespace BackupTools.Restic.Compression;

/// <summary>Zstandard's levels, by the names that restic gives them.</summary>
internal static class ZstandardLevel
{
    /// <summary>restic's "auto": its library's default, which that library calls about the reference's level 3.</summary>
    public const int Default = 3;

    /// <summary>restic's "max": its library's best, which that library calls about the reference's level 11.</summary>
    public const int Best = 11;
}
