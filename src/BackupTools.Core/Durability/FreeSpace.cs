using System.Globalization;

namespace BackupTools.Core.Durability;

/// <summary>Whether a file system has room for what is about to be written.</summary>
internal static class FreeSpace
{
    /// <summary>Bytes that this user may still write below a directory.</summary>
    /// <returns>The bytes, or <see langword="null"/> where the system does not tell.</returns>
    public static long? Available(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Refuses to begin what cannot be finished.</summary>
    /// <param name="directory">A directory on the file system that will be written.</param>
    /// <param name="bytes">What is to be written.</param>
    /// <param name="purpose">What for, as the end of "… is needed to".</param>
    /// <exception cref="BackupException"><see cref="ErrorId.NotEnoughSpace"/>.</exception>
    public static void Require(string directory, long bytes, string purpose)
    {
        if (Available(directory) is { } available && available < bytes)
        {
            throw new BackupException(
                ErrorId.NotEnoughSpace,
                $"{ByteCount.Format(bytes)} {(bytes == 1 ? "is" : "are")} needed to {purpose}, but the file system of '{directory}' " +
                $"has {ByteCount.Format(available)} left. Nothing was changed. Make room there and try again.",
                directory);
        }
    }
}

/// <summary>Sizes as people read them.</summary>
internal static class ByteCount
{
    /// <summary>Writes a size with a unit of 1024, such as <c>1.5 GiB</c>.</summary>
    public static string Format(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} {(bytes == 1 ? "byte" : "bytes")}")
            : string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}
