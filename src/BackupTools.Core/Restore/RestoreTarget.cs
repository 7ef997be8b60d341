using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>The place that a restore shall fill, as it stands.</summary>
internal sealed partial class RestoreTarget
{
    private RestoreTarget(string path, string? link)
    {
        Path = path;
        LinkedFrom = link;
    }

    /// <summary>Full path, with a link at its end followed: a program that is given a link writes where it leads, too.</summary>
    public string Path { get; }

    /// <summary>The path as it was given, where that is a link.</summary>
    public string? LinkedFrom { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public string ParentPath => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>What stands there, if anything.</summary>
    public EntryType? Standing { get; private init; }

    /// <summary>Whether a directory stands there that cannot be renamed, so that all work has to be done within it.</summary>
    public bool IsFixed { get; private init; }

    /// <summary>Whether a directory stands there without an entry (other than what restores left).</summary>
    public bool IsEmpty { get; private init; }

    /// <summary>The directory that holds stage, record and safety copy.</summary>
    public string HomePath => IsFixed ? Path : ParentPath;

    public string RecordName => IsFixed ? RestoreNames.RecordWithin : RestoreNames.Record(Name);

    /// <summary>Looks at a target, changing nothing.</summary>
    public static RestoreTarget Look(string target)
    {
        if (target.Length == 0 || target.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(target, "it is no path");
        }

        string given = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        string path = Follow(given);
        if (System.IO.Path.GetFileName(path).Length == 0)
        {
            throw Invalid(path, "it is the root of a file system");
        }

        string? link = path == given ? null : given;
        string parent = System.IO.Path.GetDirectoryName(path)!;
        try
        {
            using DirectoryHandle? handle = Directory.Exists(parent) ? DirectoryHandle.Open(parent) : null;
            EntryName name = EntryName.FromText(System.IO.Path.GetFileName(path));
            if (handle is null || !handle.TryGetStatus(name, out FileStatus status))
            {
                return new RestoreTarget(path, link);
            }

            bool isDirectory = status.Type == EntryType.Directory;
            return new RestoreTarget(path, link)
            {
                Standing = status.Type,
                IsFixed = isDirectory && (IsMountPoint(path, status, handle.GetStatus()) || !MayWrite(parent)),
                IsEmpty = isDirectory && HasNoEntries(handle, name),
            };
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.From(e, path);
        }
        catch (EncoderFallbackException e)
        {
            throw new BackupException(ErrorId.InvalidArgument, $"The target '{target}' is no valid Unicode: {e.Message}", target, e);
        }
    }

    private static BackupException Invalid(string target, string reason) => new(
        ErrorId.InvalidArgument, $"Nothing can be restored to '{target}': {reason}. Nothing was changed.", target);

    private static string Follow(string path)
    {
        try
        {
            FileInfo info = new(path);
            return info.LinkTarget is null
                ? path
                : System.IO.Path.TrimEndingDirectorySeparator(info.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(
                ErrorId.InputOutput, $"The target '{path}' is a link that cannot be followed: {e.Message} Nothing was changed.", path, e);
        }
    }

    private static bool HasNoEntries(DirectoryHandle parent, EntryName name)
    {
        using DirectoryHandle directory = parent.OpenDirectory(name);
        return directory.ReadEntries().TrueForAll(static entry => RestoreNames.IsWork(entry.Name));
    }

    private static bool IsMountPoint(string path, in FileStatus status, in FileStatus parent)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        if (status.Identity.Device != parent.Identity.Device)
        {
            return true;
        }

        // A directory of the same file system can be mounted over another one; only the table of mounts tells.
        const string table = "/proc/self/mountinfo";
        return File.Exists(table) && File.ReadLines(table).Any(line => line.Split(' ') is { Length: > 4 } fields && Unescape(fields[4]) == path);
    }

    // Blanks and their like are written as \040.
    private static string Unescape(string text)
    {
        int slash;
        while ((slash = text.IndexOf('\\', StringComparison.Ordinal)) >= 0 && slash + 3 < text.Length)
        {
            int code = Convert.ToInt32(text.Substring(slash + 1, 3), 8);
            string character = ((char)code).ToString(CultureInfo.InvariantCulture);
            if (character == "\\")
            {
                return string.Concat(text.AsSpan(0, slash), character, Unescape(text[(slash + 4)..]));
            }

            text = string.Concat(text.AsSpan(0, slash), character, text.AsSpan(slash + 4));
        }

        return text;
    }

    private static bool MayWrite(string directory)
    {
        const int writeAndEnter = 3;
        return OperatingSystem.IsWindows() || Access(directory, writeAndEnter) == 0;
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
