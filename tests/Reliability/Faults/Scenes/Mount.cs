namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>Mounts, for those who may.</summary>
internal static class Mount
{
    private static readonly Lazy<string?> s_obstacle = new(() =>
    {
        using TemporaryDirectory directory = new();
        if (!OperatingSystem.IsLinux() || !Tool.Exists("mount") || Command.RunOther("/", "mount", ["--bind", directory.Path, directory.Path]).ExitCode != 0)
        {
            return "Mounting needs root.";
        }

        Unmount(directory.Path);
        return null;
    });

    /// <summary>Why nothing can be mounted here.</summary>
    public static string? Obstacle => s_obstacle.Value;

    /// <summary>Makes a directory a mount point with the content that it has.</summary>
    public static void Bind(string directory) => Tool.Run("mount", ["--bind", directory, directory]);

    /// <summary>Puts an empty file system in memory over a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="options">How large it may get, as <c>mount -o</c> takes it.</param>
    public static void Memory(string directory, string options) => Tool.Run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);

    /// <summary>
    /// Takes away what was mounted there. Nothing of ours uses it any more; but whatever process is being started just
    /// then, for another scene, has all our descriptors until it becomes its program, and keeps it busy so long.
    /// </summary>
    public static void Unmount(string directory) => Tool.Run("umount", ["--lazy", directory]);
}
