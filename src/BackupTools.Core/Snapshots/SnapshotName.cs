using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Snapshots;

/// <summary>The names of series, which files in the store begin with.</summary>
internal static class SnapshotName
{
    // A file name has at most 255 bytes on the file systems of today; prefix, stamp and suffixes take about 60.
    private const int MaxBytes = 160;

    /// <summary>Makes a name from a source's path: the file's without <c>.db</c> and its like, the directory's whole.</summary>
    public static string FromSource(string path, string kind)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        if (kind == SnapshotKind.Sqlite && Path.GetFileNameWithoutExtension(name) is { Length: > 0 } stem)
        {
            name = stem;
        }

        StringBuilder clean = new();
        int bytes = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            Rune kept = IsHarmless(rune) ? rune : new Rune('_');
            bytes += kept.Utf8SequenceLength;
            if (bytes > MaxBytes)
            {
                break;
            }

            clean.Append(kept.ToString());
        }

        string result = clean.ToString().TrimStart('.', ' ').TrimEnd('.', ' ');
        return result.Length > 0 ? result : "root";
    }

    /// <summary>Refuses a name that cannot begin a file's name on every system.</summary>
    /// <exception cref="BackupException"><see cref="ErrorId.InvalidArgument"/>.</exception>
    public static void Check(string name)
    {
        string? reason =
            name.Length == 0 ? "it is empty"
            : name[0] is '.' or ' ' ? "it begins with a dot or a space"
            : name.EnumerateRunes().Any(rune => !IsHarmless(rune)) ? "it holds a character that not every file system takes"
            : Encoding.UTF8.GetByteCount(name) > MaxBytes ? $"it is longer than {MaxBytes} bytes"
            : !TreePath.TryCreate(name + "-0", out _) ? "this system keeps it for a device"
            : null;
        if (reason is not null)
        {
            throw new BackupException(
                ErrorId.InvalidArgument,
                $"'{name}' cannot name a series of snapshots: {reason}. Nothing was changed; choose another name.");
        }
    }

    // The separators of any system, what Windows refuses in names, control characters, and what stands for bytes that
    // are no Unicode.
    private static bool IsHarmless(Rune rune) =>
        !Rune.IsControl(rune)
        && rune != Rune.ReplacementChar
        && rune.Value is not ('/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|');
}
