using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>The names that a restore uses beside its target, or within it where it cannot be renamed.</summary>
internal static class RestoreNames
{
    /// <summary>The intent record within a target that cannot be renamed.</summary>
    public const string RecordWithin = ".backuptools-restore.jsonl";

    private const string Work = ".backuptools-restore";
    private const string Safety = ".pre-restore-";

    // File systems allow 255 bytes in a name; this leaves room for what is put around it.
    private const int MaxNameBytes = 180;

    /// <summary>The intent record beside a target.</summary>
    public static string Record(string target) => "." + Shorten(target) + Work + ".jsonl";

    /// <summary>Where a run puts together what is to stand at the target.</summary>
    public static string Stage(string target, string run) => "." + Shorten(target) + Work + "-" + run;

    /// <summary>The same within a target that cannot be renamed.</summary>
    public static string StageWithin(string run) => Work + "-" + run;

    /// <summary>A name for a run that no other one has.</summary>
    public static string NewRun() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));

    /// <summary>The time in the form that safety copies carry, in UTC.</summary>
    public static string Stamp(DateTime now) =>
        now.ToUniversalTime().ToString("yyyy-MM-dd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The name of a safety copy.</summary>
    /// <param name="target">The target's name.</param>
    /// <param name="kind">What stands there: a database keeps its extension at the end, a directory has none.</param>
    /// <param name="stamp">The time.</param>
    /// <param name="number">1, or more where the names before are taken.</param>
    public static string SafetyCopy(string target, string kind, string stamp, int number)
    {
        string extension = kind == SnapshotKind.Sqlite ? Path.GetExtension(target) : string.Empty;
        string stem = target[..^extension.Length];
        string suffix = number == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"-{number}");
        return stem + Safety + stamp + suffix + extension;
    }

    /// <summary>Whether a name in a directory is a safety copy of that directory, made within it.</summary>
    public static bool IsSafetyCopyOf(EntryName name, string target) =>
        name.Text.StartsWith(target + Safety, StringComparison.Ordinal);

    /// <summary>Whether a name is that of a restore's stage or record, which are no part of anybody's data.</summary>
    public static bool IsWork(EntryName name) =>
        name.Bytes.Length > 0 && name.Bytes[0] == (byte)'.' && name.Bytes.IndexOf(".backuptools-restore"u8) >= 0;

    /// <summary>Whether a name read from a record is a bare name.</summary>
    public static bool IsBare(string? name) =>
        !string.IsNullOrEmpty(name) && TreePath.TryCreate(name, out TreePath path) && path.Depth == 1;

    private static string Shorten(string target) =>
        Encoding.UTF8.GetByteCount(target) <= MaxNameBytes
            ? target
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target)).AsSpan(0, 16));
}
