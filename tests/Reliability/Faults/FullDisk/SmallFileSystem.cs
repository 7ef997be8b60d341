using System.Globalization;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Faults.FullDisk;

/// <summary>What a file system can run out of.</summary>
internal enum Room
{
    /// <summary>Pages for content.</summary>
    Pages,

    /// <summary>Files, directories and links.</summary>
    Inodes,
}

/// <summary>A file system in memory over a directory, whose room can be made less and more.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private const int PageSize = 4096;
    private const int Plenty = 32_768;

    private readonly string _directory;

    /// <summary>Mounts it, empty and with room enough for anything.</summary>
    public SmallFileSystem(string directory)
    {
        _directory = directory;
        Mount.Memory(directory, Options(Plenty, Plenty));
    }

    /// <summary>What is used.</summary>
    public (int Pages, int Inodes) Used
    {
        get
        {
            // All blocks and inodes, and those that are free.
            int[] counts = [.. Tool.Run("stat", ["-f", "-c", "%b %f %c %d", _directory]).Split(' ').Select(static text => int.Parse(text, CultureInfo.InvariantCulture))];
            return (counts[0] - counts[1], counts[2] - counts[3]);
        }
    }

    /// <summary>Leaves so much room, beside what is used.</summary>
    public void Leave(Room room, int free)
    {
        (int pages, int inodes) = Used;

        // No size at all would be no limit, where nothing is used yet.
        Remount(room == Room.Pages ? Math.Max(1, pages + free) : Plenty, room == Room.Inodes ? inodes + free : Plenty);
    }

    /// <summary>Makes room for anything again.</summary>
    public void MakeRoom() => Remount(Plenty, Plenty);

    public void Dispose() => Mount.Unmount(_directory);

    private void Remount(int pages, int inodes) => Tool.Run("mount", ["-o", "remount," + Options(pages, inodes), _directory]);

    private static string Options(int pages, int inodes) =>
        string.Create(CultureInfo.InvariantCulture, $"size={(long)pages * PageSize},nr_inodes={inodes}");
}
