using System.Runtime.InteropServices;

namespace BackupTools.Core.FileSystem;

/// <summary>Turns what .NET and Windows report into <see cref="FileSystemException"/>.</summary>
internal static class WindowsErrors
{
    public static FileSystemException Last(string operation, string path)
    {
        int code = Marshal.GetLastPInvokeError();
        return new FileSystemException(Classify(code), operation, path, Marshal.GetPInvokeErrorMessage(code), code);
    }

    public static FileSystemException From(Exception e, string operation, string path) => e switch
    {
        FileSystemException already => already,
        UnauthorizedAccessException => new(FileSystemError.AccessDenied, operation, path, e.Message),
        FileNotFoundException or DirectoryNotFoundException => new(FileSystemError.NotFound, operation, path, e.Message),
        PathTooLongException => new(FileSystemError.NameTooLong, operation, path, e.Message),
        _ => new(Classify(e.HResult & 0xffff), operation, path, e.Message, e.HResult & 0xffff),
    };

    public static void Translate(string operation, string path, Action action) =>
        Translate(operation, path, () =>
        {
            action();
            return true;
        });

    public static T Translate<T>(string operation, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw From(e, operation, path);
        }
    }

    // https://learn.microsoft.com/windows/win32/debug/system-error-codes
    private static FileSystemError Classify(int code) => code switch
    {
        2 or 3 => FileSystemError.NotFound,
        5 => FileSystemError.AccessDenied,
        17 => FileSystemError.OtherFileSystem,
        19 => FileSystemError.ReadOnly,
        32 or 33 => FileSystemError.Busy,
        39 or 112 => FileSystemError.NoSpace,
        80 or 183 => FileSystemError.Exists,
        145 => FileSystemError.DirectoryNotEmpty,
        206 => FileSystemError.NameTooLong,
        _ => FileSystemError.Other,
    };
}
