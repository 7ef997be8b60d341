using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>The names that a directory holds, on Unix, by <c>readdir</c>.</summary>
internal static unsafe class DirectoryStream
{
    /// <summary>All names of an open directory but <c>.</c> and <c>..</c>, in the file system's order.</summary>
    /// <param name="directory">Its descriptor, which keeps its offset.</param>
    /// <param name="path">Its path, for errors.</param>
    public static List<DirectoryEntry> Read(int directory, string path)
    {
        // A descriptor of its own: a directory stream takes over the descriptor's offset and closes it.
        int descriptor = OpenAgain(directory, path);
        nint stream = Posix.OpenDirectoryStream(descriptor);
        if (stream == 0)
        {
            FileSystemException error = PosixErrors.Create(Marshal.GetLastPInvokeError(), "reading", path);
            _ = Posix.Close(descriptor);
            throw error;
        }

        try
        {
            List<DirectoryEntry> entries = [];
            int typeOffset = Posix.IsMac ? 20 : 18;
            int nameOffset = Posix.IsMac ? 21 : 19;
            while (true)
            {
                Marshal.SetLastSystemError(0);
                byte* entry = Posix.ReadDirectory(stream);
                if (entry is null)
                {
                    if (Marshal.GetLastPInvokeError() != 0)
                    {
                        PosixErrors.Throw("reading", path);
                    }

                    return entries;
                }

                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + nameOffset);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    entries.Add(new DirectoryEntry(EntryName.FromBytes(name), TypeOf(entry[typeOffset])));
                }
            }
        }
        finally
        {
            _ = Posix.CloseDirectoryStream(stream);
        }
    }

    private static EntryType TypeOf(byte type) => type switch
    {
        8 => EntryType.File,
        4 => EntryType.Directory,
        10 => EntryType.Symlink,
        12 => EntryType.Socket,
        1 => EntryType.Pipe,
        2 or 6 => EntryType.Device,
        _ => EntryType.Unknown,
    };

    private static int OpenAgain(int directory, string path)
    {
        byte* dot = stackalloc byte[] { (byte)'.', 0 };
        int descriptor = Posix.OpenAt(directory, dot, Posix.Directory | Posix.ReadOnly | Posix.NoAccessTime, 0);
        if (descriptor < 0)
        {
            descriptor = Posix.OpenAt(directory, dot, Posix.Directory | Posix.ReadOnly, 0);
        }

        if (descriptor < 0)
        {
            PosixErrors.Throw("reading", path);
        }

        return descriptor;
    }
}
