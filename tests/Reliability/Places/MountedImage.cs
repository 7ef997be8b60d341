using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Places;

/// <summary>A file system of its own, in an image file, mounted; taken down and removed at the end.</summary>
internal sealed class MountedImage : IDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly string? _device;

    private MountedImage(TemporaryDirectory directory, string? device)
    {
        _directory = directory;
        _device = device;
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => _directory["mounted"];

    /// <summary>Makes and mounts one.</summary>
    /// <param name="format">What makes it and mounts it.</param>
    /// <exception cref="Xunit.SkipException">It cannot be had here.</exception>
    public static MountedImage Create(ImageFormat format)
    {
        Skip.If(Mount.Obstacle is not null, Mount.Obstacle);
        string[] missing = [.. format.Programs.Where(static program => !Tool.Exists(program))];
        Skip.If(missing.Length > 0, $"It needs {string.Join(" and ", missing)}.");
        TemporaryDirectory directory = new();
        string? device = null;
        try
        {
            Tool.Run("truncate", ["-s", format.Size, directory["image"]]);
            Run(format.Make, directory["image"], string.Empty, directory["mounted"]);
            Directory.CreateDirectory(directory["mounted"]);
            if (format.NeedsDevice)
            {
                CommandResult plugged = Command.RunOther("/", "losetup", ["--find", "--show", directory["image"]]);
                Skip.If(plugged.ExitCode != 0, $"There are no loop devices here: {plugged.Error.Trim()}");
                device = plugged.Output.Trim();
            }

            CommandResult mounted = Run(format.Attach, directory["image"], device ?? string.Empty, directory["mounted"]);
            Skip.If(mounted.ExitCode != 0, $"The system mounts no such file system here: {mounted.Error.Trim().Split('\n')[0]}");
            return new MountedImage(directory, device);
        }
        catch
        {
            Detach(device);
            directory.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Mount.Unmount(Path);
        Detach(_device);
        _directory.Dispose();
    }

    private static void Detach(string? device)
    {
        if (device is not null)
        {
            Tool.Run("losetup", ["--detach", device]);
        }
    }

    private static CommandResult Run(string command, string image, string device, string mounted) => Command.RunOther(
        "/", "sh", ["-c", command], new Dictionary<string, string> { ["IMAGE"] = image, ["DEVICE"] = device, ["MOUNTED"] = mounted });
}

/// <summary>A kind of file system, and how it is made and mounted.</summary>
/// <param name="Name">What it is called in kinds of cases.</param>
/// <param name="Programs">What it takes.</param>
/// <param name="Make">Makes it in <c>$IMAGE</c>, by sh.</param>
/// <param name="Attach">Mounts it at <c>$MOUNTED</c>, by sh.</param>
internal sealed record ImageFormat(string Name, string[] Programs, string Make, string Attach)
{
    /// <summary>How large the image is.</summary>
    public string Size { get; init; } = "96M";

    /// <summary>Whether it is mounted from <c>$DEVICE</c>, a loop device.</summary>
    public bool NeedsDevice { get; init; }

    /// <summary>Whether two names that differ in case are one.</summary>
    public bool IgnoresCase { get; init; }

    /// <summary>Whether a name is shown as it was given.</summary>
    public bool KeepsNames { get; init; } = true;

    /// <summary>Whether it has modes and owners.</summary>
    public bool HasModes { get; init; } = true;

    /// <summary>Whether it has links of both kinds.</summary>
    public bool HasLinks { get; init; } = true;

    /// <summary>Names, as bytes, that it does not take.</summary>
    public IReadOnlyList<byte[]> Refused { get; init; } = [];
}
