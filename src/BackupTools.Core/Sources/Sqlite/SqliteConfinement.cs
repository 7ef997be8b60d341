using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// Keeps SQLite, which goes by path, to the directories that it was handed: while one of these is in force, what it
/// opens or deletes on this thread stands in an open directory under a bare name, and is a plain file. So neither a
/// directory that is swapped for a link meanwhile, nor a link or a pipe in place of a log, nor a path that stands in a
/// journal leads it elsewhere or makes it wait.
/// </summary>
/// <remarks>
/// SQLite lets its system calls be replaced (https://sqlite.org/c3ref/vfs.html), for a whole process; where none of
/// these is in force they do what they did. On Windows it does nothing.
/// </remarks>
internal sealed unsafe class SqliteConfinement : IDisposable
{
    private static readonly bool s_isInstalled = Install();

    private static nint s_open;
    private static nint s_unlink;

    [ThreadStatic]
    private static SqliteConfinement? t_current;

    private readonly DirectoryHandle _directory;
    private readonly byte[][] _prefixes;
    private readonly SqliteConfinement? _outer;
    private readonly Dictionary<int, string> _opened = [];
    private FileSystemException? _refusedRead;

    private SqliteConfinement(DirectoryHandle directory, params byte[][] prefixes)
    {
        _ = s_isInstalled;
        _directory = directory;
        _prefixes = prefixes;
        _outer = t_current;
        t_current = this;
    }

    /// <summary>
    /// The first read that the system refused to SQLite on this thread since the innermost of these is in force.
    /// </summary>
    public static FileSystemException? RefusedRead => t_current?._refusedRead;

    /// <summary>Keeps that the system refused a read to SQLite, where one of these is in force.</summary>
    public static bool TryNoteRefusedRead(int descriptor, int error)
    {
        if (t_current is null)
        {
            return false;
        }

        FileSystemException refusal = PosixErrors.Create(error, "reading", PathOf(descriptor));
        for (SqliteConfinement? current = t_current; current is not null; current = current._outer)
        {
            current._refusedRead ??= refusal;
        }

        return true;
    }

    /// <summary>Lets SQLite reach a database and what stands beside it, on this thread until it is disposed.</summary>
    public static SqliteConfinement To(DatabaseLocation location) =>
        new(location.Directory.Retain(), location.FullPath[..(location.FullPath.Length - location.Name.Bytes.Length)]);

    /// <summary>Lets SQLite reach the files of the directory of a file of our own.</summary>
    public static SqliteConfinement ToDirectoryOf(string fullPath)
    {
        string path = Path.GetDirectoryName(fullPath)!;
        return new SqliteConfinement(DirectoryHandle.Open(path), Prefix(path), Prefix(CanonicalPath.Of(path)));
    }

    public void Dispose()
    {
        t_current = _outer;
        _directory.Dispose();
    }

    private static byte[] Prefix(string directory) =>
        Encoding.UTF8.GetBytes(Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar);

    private static bool Install()
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        SqliteSystemCall.Replace("open\0"u8, (nint)(delegate* unmanaged[Cdecl]<byte*, int, int, int>)&Open, ref s_open);
        SqliteSystemCall.Replace("unlink\0"u8, (nint)(delegate* unmanaged[Cdecl]<byte*, int>)&Unlink, ref s_unlink);
        SqliteReads.Install();
        return true;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(byte* path, int flags, int mode)
    {
        if (t_current is null)
        {
            return SystemOpen(path, flags, mode);
        }

        if (Find(path, out byte* name) is { } directory)
        {
            return OpenPlainFile(directory, name, flags, mode);
        }

        return IsHarmless(path) ? SystemOpen(path, flags | Posix.NoFollow, mode) : Refuse();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Unlink(byte* path)
    {
        if (t_current is null)
        {
            return SystemUnlink(path);
        }

        if (Find(path, out byte* name) is { } directory)
        {
            return Posix.UnlinkAt(directory.Descriptor, name, 0);
        }

        return IsHarmless(path) ? SystemUnlink(path) : Refuse();
    }

    private static int SystemOpen(byte* path, int flags, int mode) =>
        ((delegate* unmanaged[Cdecl]<byte*, int, int, int>)s_open)(path, flags, mode);

    private static int SystemUnlink(byte* path) => ((delegate* unmanaged[Cdecl]<byte*, int>)s_unlink)(path);

    private static int OpenPlainFile(UnixDirectoryHandle directory, byte* name, int flags, int mode)
    {
        if (*name == 0)
        {
            // The directory itself, which SQLite syncs.
            byte* dot = stackalloc byte[] { (byte)'.', 0 };
            return Posix.OpenAt(directory.Descriptor, dot, flags, mode);
        }

        // Not waiting for the other end, should it be a pipe.
        int descriptor = Posix.OpenAt(directory.Descriptor, name, flags | Posix.NoFollow | Posix.NonBlocking, mode);
        if (descriptor >= 0 && !(PosixStatus.TryGet(descriptor, out FileStatus status) && status.Type == EntryType.File))
        {
            _ = Posix.Close(descriptor);
            return Refuse();
        }

        if (descriptor >= 0)
        {
            Posix.SetBlocking(descriptor);
            ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
            t_current!._opened[descriptor] = Path.Join(directory.Path, EntryName.FromBytes(text).Text);
        }

        return descriptor;
    }

    private static string PathOf(int descriptor)
    {
        for (SqliteConfinement? current = t_current; current is not null; current = current._outer)
        {
            if (current._opened.TryGetValue(descriptor, out string? path))
            {
                return path;
            }
        }

        return t_current!._directory.Path;
    }

    private static UnixDirectoryHandle? Find(byte* path, out byte* name)
    {
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path);
        for (SqliteConfinement? current = t_current; current is not null; current = current._outer)
        {
            foreach (byte[] prefix in current._prefixes)
            {
                // With its last slash or, of the directory itself, without.
                if (text.StartsWith(prefix) && text[prefix.Length..].IndexOf((byte)'/') < 0)
                {
                    name = path + prefix.Length;
                    return (UnixDirectoryHandle)current._directory;
                }

                if (text.SequenceEqual(prefix.AsSpan(..^1)))
                {
                    name = path + text.Length;
                    return (UnixDirectoryHandle)current._directory;
                }
            }
        }

        name = null;
        return null;
    }

    // Where SQLite takes its random numbers, what it keeps low descriptors taken with, and its temporary files, which it
    // makes anew and deletes at once.
    private static bool IsHarmless(byte* path)
    {
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path);
        return text.SequenceEqual("/dev/urandom"u8)
            || text.SequenceEqual("/dev/null"u8)
            || text[(text.LastIndexOf((byte)'/') + 1)..].StartsWith("etilqs_"u8);
    }

    private static int Refuse()
    {
        const int accessDenied = 13;
        Marshal.SetLastSystemError(accessDenied);
        return -1;
    }
}
