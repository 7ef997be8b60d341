using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// A private directory for database copies on their way into a repository, made when it is first asked for. Not in the
/// repository, which may lie where nobody is to see what is in it: where the system keeps large temporary files. A lock
/// in it tells whether its run is alive, so the next run removes what a dead one left.
/// </summary>
internal sealed class ScratchPlace : IDisposable
{
    /// <summary>How its name begins, so that a snapshot of the directory around it leaves it out.</summary>
    public static ReadOnlySpan<byte> Prefix => ".backuptools-scratch-"u8;

    private const int PrivateMode = 0x1c0;

    private static readonly string s_names = System.Text.Encoding.ASCII.GetString(Prefix) + PartialName.ThisHost + "-";

    private readonly Lock _gate = new();
    private string? _path;
    private StoreLock? _lock;

    /// <summary>Its full path.</summary>
    public string Path
    {
        get
        {
            lock (_gate)
            {
                return _path ??= Create();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_path is not null)
            {
                Remove(_path, _lock);
                _path = null;
            }
        }
    }

    // As SQLite chooses: /tmp is in memory on some systems.
    private static string Home()
    {
        if (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 })
        {
            return System.IO.Path.GetTempPath();
        }

        return Directory.Exists("/var/tmp") ? "/var/tmp" : System.IO.Path.GetTempPath();
    }

    private static void Remove(string path, StoreLock? held)
    {
        try
        {
            using DirectoryHandle home = DirectoryHandle.Open(System.IO.Path.GetDirectoryName(path)!);
            home.DeleteTree(EntryName.FromText(System.IO.Path.GetFileName(path)));
        }
        catch (FileSystemException)
        {
            // The next run tries again.
        }
        finally
        {
            held?.Dispose();
        }
    }

    private static void RemoveDead(string home)
    {
        foreach (string path in Directory.EnumerateDirectories(home, s_names + "*"))
        {
            try
            {
                Remove(path, StoreLock.Acquire(path, LockMode.Exclusive, TimeSpan.Zero, CancellationToken.None));
            }
            catch (BackupException)
            {
                // Its run is alive, or another user's.
            }
        }
    }

    private string Create()
    {
        string home = System.IO.Path.GetFullPath(Home());
        RemoveDead(home);
        using DirectoryHandle directory = DirectoryHandle.Open(home);
        while (true)
        {
            EntryName name = EntryName.FromText(s_names + PartialName.NewRun());
            directory.CreateDirectory(name, PrivateMode);
            string path = System.IO.Path.Join(home, name.Text);
            try
            {
                _lock = StoreLock.Acquire(path, LockMode.Exclusive, TimeSpan.Zero, CancellationToken.None);
                if (directory.TryGetStatus(name, out _))
                {
                    return path;
                }

                _lock.Dispose();
            }
            catch (BackupException) when (!Directory.Exists(path))
            {
                // Another run took it for a dead one's before it was locked.
            }
        }
    }
}
