namespace BackupTools.Core.Sources;

/// <summary>Tells what a source carries that a snapshot does not keep.</summary>
internal static class DroppedMetadata
{
    /// <summary>Warns of what this version keeps nothing of on this system.</summary>
    public static void WarnOfSystem(string path, ProgressTracker progress)
    {
        if (OperatingSystem.IsWindows())
        {
            progress.Warn($"'{path}': access control lists and alternate data streams of Windows are not kept.", path);
        }
        else if (OperatingSystem.IsMacOS())
        {
            progress.Warn($"'{path}': extended attributes, access control lists and flags of macOS are not kept.", path);
        }
    }

    /// <summary>Warns of what a database's file carries beyond what a database snapshot records.</summary>
    public static void WarnOfAttributes(string path, IReadOnlyList<KeyValuePair<string, byte[]>> attributes, ProgressTracker progress)
    {
        if (attributes.Count > 0)
        {
            progress.Warn(
                $"'{path}' carries {string.Join(", ", attributes.Select(static attribute => attribute.Key))}, which a snapshot of " +
                "a single database does not keep; a snapshot of its directory does.",
                path);
        }
    }
}
