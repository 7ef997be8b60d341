
namespace BackupTools.Reliability.Places.PowerCuts;

/// <summary>A file system of Linux, as it lies on a disk.</summary>
/// <param name="Name">What it is called in kinds of cases.</param>
/// <param name="Maker">The program that makes it.</param>
/// <param name="MakeOptions">Its options.</param>
/// <param name="MountOptions">With which it is mounted: nothing is to be written before it is asked for.</param>
internal sealed record DiskFormat(string Name, string Maker, string[] MakeOptions, string MountOptions)
{
    private const string Size = "320M";

    /// <summary>Room for the images of many disks.</summary>
    public ImageFormat Large => new(Name, [Maker], $"{Maker} -q {string.Join(' ', MakeOptions)} \"$IMAGE\"", "mount -o loop \"$IMAGE\" \"$MOUNTED\"") { Size = "8G" };

    /// <summary>Makes one in an image file, with what lies in a directory.</summary>
    public void Create(string image, string content, string mountPoint)
    {
        Tool.Run("truncate", ["-s", Size, image]);
        Tool.Run(Maker, ["-q", .. MakeOptions, image]);
        using MountedDisk disk = MountedDisk.Mount(this, image, mountPoint);
        Tool.Run("cp", ["-a", content + "/.", mountPoint]);
    }
}

/// <summary>The file systems that disks are made with, in blocks that a loop device over a cloned file has.</summary>
internal static class DiskFormats
{
    public static DiskFormat Ext4 { get; } = new("ext4", "mkfs.ext4", ["-b", "4096", "-E", "lazy_itable_init=0"], "commit=300");

    public static DiskFormat Ext4WriteBack { get; } = Ext4 with { Name = "ext4, data=writeback", MountOptions = "commit=300,data=writeback" };

    public static DiskFormat Xfs { get; } = new("xfs", "mkfs.xfs", ["-s", "size=4096"], "nouuid");

    public static DiskFormat Btrfs { get; } = new("btrfs", "mkfs.btrfs", [], "commit=300");
}

/// <summary>A disk that is plugged in and mounted, until it is disposed of.</summary>
internal sealed class MountedDisk : IDisposable
{
    private readonly string _mountPoint;

    private MountedDisk(string device, string mountPoint)
    {
        Device = device;
        _mountPoint = mountPoint;
    }

    /// <summary>The loop device.</summary>
    public string Device { get; }

    /// <summary>Mounts an image. What is written to the device is written to the image at once, by no cache in between.</summary>
    public static MountedDisk Mount(DiskFormat format, string image, string mountPoint)
    {
        string device = Tool.Run("losetup", ["--find", "--show", "--direct-io=on", image]).Trim();
        try
        {
            Tool.Run("mount", ["-o", format.MountOptions, device, mountPoint]);
            return new MountedDisk(device, mountPoint);
        }
        catch
        {
            Tool.Run("losetup", ["--detach", device]);
            throw;
        }
    }

    /// <summary>How many sectors were written to it so far.</summary>
    public string Written => File.ReadAllText($"/sys/block/{Path.GetFileName(Device)}/stat")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[6];

    public void Dispose()
    {
        // The device goes with the last user of what was mounted.
        Faults.Scenes.Mount.Unmount(_mountPoint);
        Tool.Run("losetup", ["--detach", Device]);
    }
}
