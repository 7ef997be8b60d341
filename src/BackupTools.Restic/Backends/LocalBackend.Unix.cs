using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupTools.Restic.Backends;

/// <content>Permissions and directories on Unix.</content>
public sealed partial class LocalBackend
{
    private const UnixFileMode PrivateDirectory =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode SharedDirectory =
        PrivateDirectory | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    // restic's rule: where the group may read the config, it may read and write all of the repository.
    private bool GroupMayReadConfig() =>
        !OperatingSystem.IsWindows() && GetPath(RepositoryFile.Config) is string path && File.Exists(path)
        && (File.GetUnixFileMode(path) & UnixFileMode.GroupRead) != 0;

    private static FileStreamOptions GetCreateOptions()
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    // Against mistakes; a file is never written again. Not on Windows, where such a file cannot be deleted.
    private void MakeReadOnly(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | (_groupMayRead.Value ? UnixFileMode.GroupRead : 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // File systems without permissions refuse.
        }
    }

    private void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, _groupMayRead.Value ? SharedDirectory : PrivateDirectory);
        }
    }

    // .NET's flush says nothing of a sync that failed. On macOS it asks for more than fsync does.
    private static void SyncContent(FileStream stream, string path)
    {
        stream.Flush(flushToDisk: !OperatingSystem.IsLinux());
        while (OperatingSystem.IsLinux() && Sync((int)stream.SafeFileHandle.DangerousGetHandle()) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw new IOException($"Syncing '{path}' failed: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
            }
        }
    }

    // On Windows a name is as durable as the file system's journal makes it.
    private static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(path, OpenCloseOnExec);
        if (descriptor < 0)
        {
            throw SystemError(path);
        }

        try
        {
            // EINVAL: file systems that cannot sync a directory.
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw SystemError(path);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }

        static IOException SystemError(string path) =>
            new($"Syncing the directory '{path}' failed: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
    }

    private const int Interrupted = 4;
    private const int InvalidArgument = 22;

    private static int OpenCloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
