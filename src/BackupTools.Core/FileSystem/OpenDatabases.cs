using System.Globalization;
using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>
/// The database files that SQLite holds open in this process. On Unix, closing any descriptor of a file drops every
/// POSIX lock that the process has on it, SQLite's among them (https://sqlite.org/howtocorrupt.html, 2.2): so
/// descriptors of such files are closed only when the last connection to them is.
/// </summary>
internal static class OpenDatabases
{
    private static readonly Lock s_gate = new();
    private static int s_registered;
    private static int s_closing;

    /// <summary>Says that SQLite is about to open the file; until the result is disposed no descriptor of it is closed.</summary>
    public static IDisposable Register(FileIdentity identity)
    {
        lock (s_gate)
        {
            ref Entry? entry = ref CollectionsMarshal.GetValueRefOrAddDefault(Registered.Entries, identity, out _);
            entry ??= new Entry();
            entry.Connections++;
            Interlocked.Increment(ref s_registered);
        }

        // Whoever is closing a descriptor now may have looked before this registration: he is waited for.
        SpinWait spin = default;
        while (Volatile.Read(ref s_closing) != 0)
        {
            spin.SpinOnce();
        }

        return new Registration(identity);
    }

    /// <summary>Closes a descriptor of a source file now, or when no connection of ours needs its locks any more.</summary>
    public static void Close(int descriptor)
    {
        // Mostly no database is open, and many threads close many small files: they need not wait for each other.
        Interlocked.Increment(ref s_closing);
        if (Volatile.Read(ref s_registered) == 0)
        {
            _ = Posix.Close(descriptor);
            Interlocked.Decrement(ref s_closing);
            return;
        }

        Interlocked.Decrement(ref s_closing);
        lock (s_gate)
        {
            if (PosixStatus.TryGet(descriptor, out FileStatus status)
                && Registered.Entries.TryGetValue(status.Identity, out Entry? entry))
            {
                entry.Deferred.Add(descriptor);
                return;
            }

            _ = Posix.Close(descriptor);
        }
    }

    /// <summary>
    /// Whether code in this process other than this library's own connections has the file open: then even a look into
    /// it would drop that code's locks.
    /// </summary>
    public static bool IsOpenElsewhereInThisProcess(FileIdentity identity)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        lock (s_gate)
        {
            return !Registered.Entries.ContainsKey(identity) && IdentitiesOpenInThisProcess().Contains(identity);
        }
    }

    /// <summary>
    /// The regular files that this process has open at this moment, but for those that this library itself reads as
    /// source files: it alone opens regular files with O_NONBLOCK.
    /// </summary>
    public static HashSet<FileIdentity> IdentitiesOpenInThisProcess()
    {
        HashSet<FileIdentity> open = [];
        foreach ((int descriptor, FileIdentity identity) in Descriptors())
        {
            if (!Posix.IsNonBlocking(descriptor))
            {
                open.Add(identity);
            }
        }

        return open;
    }

    /// <summary>How many descriptors of a file this process holds.</summary>
    public static int CountDescriptors(FileIdentity identity) => Descriptors().Count(open => open.Identity == identity);

    private static IEnumerable<(int Descriptor, FileIdentity Identity)> Descriptors()
    {
        foreach (string path in Directory.EnumerateFileSystemEntries("/dev/fd/"))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor)
                && PosixStatus.TryGet(descriptor, out FileStatus status)
                && status.Type == EntryType.File)
            {
                yield return (descriptor, status.Identity);
            }
        }
    }

    private static void Release(FileIdentity identity)
    {
        lock (s_gate)
        {
            Interlocked.Decrement(ref s_registered);
            Entry entry = Registered.Entries[identity];
            if (--entry.Connections > 0)
            {
                return;
            }

            Registered.Entries.Remove(identity);
            foreach (int descriptor in entry.Deferred)
            {
                _ = Posix.Close(descriptor);
            }
        }
    }

    private sealed class Entry
    {
        public int Connections { get; set; }

        public List<int> Deferred { get; } = [];
    }

    private sealed class Registration(FileIdentity identity) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Release(identity);
            }
        }
    }

    /// <summary>Apart, so that where no database is ever opened it is not set up either.</summary>
    private static class Registered
    {
        public static readonly Dictionary<FileIdentity, Entry> Entries = [];
    }
}
