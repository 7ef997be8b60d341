using System.Buffers;
using System.Text.Unicode;

namespace BackupTools.Core.FileSystem;

/// <summary>
/// Makes new entries and, where that fails for the name's sake, says so: some file systems take two names for one, such as
/// those that differ only in case, and some take fewer names than others.
/// </summary>
internal static class NameRefusal
{
    // What Windows and its file systems keep names from holding.
    private static readonly SearchValues<byte> s_oddBytes = SearchValues.Create("\"*:<>?\\|"u8);

    /// <summary>Creates a file where nothing of that name stands.</summary>
    public static FileHandle CreateNewFile(this DirectoryHandle directory, EntryName name, int mode)
    {
        try
        {
            return directory.CreateFile(name, mode);
        }
        catch (FileSystemException e) when (Explain(directory, name, e) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>Creates a directory where nothing of that name stands.</summary>
    public static void CreateNewDirectory(this DirectoryHandle directory, EntryName name, int mode) =>
        Make(directory, name, () => directory.CreateDirectory(name, mode));

    /// <summary>Makes an entry of that name in another way.</summary>
    public static void Make(DirectoryHandle directory, EntryName name, Action make)
    {
        try
        {
            make();
        }
        catch (FileSystemException e) when (Explain(directory, name, e) is { } explained)
        {
            throw explained;
        }
    }

    private static FileSystemException? Explain(DirectoryHandle directory, EntryName name, FileSystemException e)
    {
        string? reason = e.Error switch
        {
            FileSystemError.Exists when FindTwin(directory, name) is { } twin =>
                $"to the file system '{name.Text}' is the same name as '{twin.Text}', which stands there",
            FileSystemError.NameTooLong => $"the file system takes no name of that length ({e.Reason})",
            FileSystemError.NotFound or FileSystemError.NotSupported or FileSystemError.Other when IsOdd(name) =>
                $"the file system takes no such name ({e.Reason})",
            _ => null,
        };
        return reason is null ? null : new FileSystemException(FileSystemError.NameRefused, e.Operation, e.Path, reason, e.Code);
    }

    // The other name of what is found under this one.
    private static EntryName? FindTwin(DirectoryHandle directory, EntryName name)
    {
        List<DirectoryEntry> entries = directory.ReadEntries();
        if (entries.Exists(entry => entry.Name.Equals(name)) || !directory.TryGetStatus(name, out FileStatus status))
        {
            return null;
        }

        foreach (DirectoryEntry entry in entries)
        {
            bool isSame = string.Equals(entry.Name.Text, name.Text, StringComparison.OrdinalIgnoreCase)
                || (directory.TryGetStatus(entry.Name, out FileStatus other) && other.Identity.Equals(status.Identity) && status.LinkCount == 1);
            if (isSame)
            {
                return entry.Name;
            }
        }

        return null;
    }

    private static bool IsOdd(EntryName name)
    {
        ReadOnlySpan<byte> bytes = name.Bytes;
        return bytes.IndexOfAny(s_oddBytes) >= 0
            || bytes.IndexOfAnyInRange((byte)0, (byte)0x1f) >= 0
            || bytes[^1] is (byte)'.' or (byte)' '
            || !Utf8.IsValid(bytes)
            || Path.GetFileNameWithoutExtension(name.Text).ToUpperInvariant() is "CON" or "PRN" or "AUX" or "NUL" or ['C', 'O', 'M', _] or ['L', 'P', 'T', _];
    }
}
