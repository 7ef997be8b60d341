using System.Globalization;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// Judges what stands in a manifest file: whose it is, whether it names its own files and nothing else, and whether it
/// contradicts itself.
/// </summary>
internal static class ManifestInterpreter
{
    /// <summary>Whether a snapshot of a sound manifest is complete.</summary>
    public static SnapshotState StateOf(SnapshotManifest manifest) =>
        manifest.Incomplete || manifest.Sqlite?.Capture == CaptureMethod.Raw ? SnapshotState.Incomplete : SnapshotState.Complete;

    /// <summary>Makes a manifest of the content.</summary>
    /// <param name="content">What stands in the file.</param>
    /// <param name="error">Why it could not be read to its end, if so.</param>
    /// <param name="stem">The stem of the file's name.</param>
    /// <param name="damage">What is wrong with it and which error that is, or <see langword="null"/>.</param>
    /// <returns>The manifest, or <see langword="null"/> where it is damaged.</returns>
    public static SnapshotManifest? Interpret(
        ManifestContent content, string? error, SnapshotStem stem, out (ErrorId Id, string Text)? damage)
    {
        damage = FindNewerFormat(content);
        if (damage is not null)
        {
            return null;
        }

        bool isOurs = content.FormatVersion is not null;
        string? reason = error ?? (isOurs ? FindFault(content, stem) : FindFaultOfAiMemory(content, stem));
        if (reason is not null)
        {
            damage = (ErrorId.SnapshotDamaged, reason);
            return null;
        }

        return isOurs ? Convert(content) : ConvertAiMemory(content, stem);
    }

    /// <summary>What can be said of a damaged snapshot; all names in it are its own.</summary>
    public static SnapshotManifest Minimal(ManifestContent? content, SnapshotStem? stem, string fallbackName, string kind) => new()
    {
        FormatVersion = content?.FormatVersion ?? 0,
        Id = content?.Id ?? string.Empty,
        Kind = kind,
        Name = content?.Name is { Length: > 0 } name ? name : stem?.Name ?? fallbackName,
        Snapshot = stem?.Payload(kind) ?? fallbackName,
        CreatedAt = content?.CreatedAt ?? stem?.Stamp ?? DateTime.UnixEpoch,
        Source = content?.Source ?? content?.SourceDb ?? string.Empty,
        Host = content?.Host ?? string.Empty,
        Tool = content?.Tool ?? string.Empty,
        Version = content?.Version ?? string.Empty,
        Bytes = content?.Bytes ?? 0,
        Tags = content?.Tags ?? [],
        Comment = content?.Comment,
    };

    /// <summary>Makes a manifest of the content as it travels in a repository's snapshot.</summary>
    /// <param name="content">What stands in the file.</param>
    /// <param name="error">Why it could not be read to its end, if so.</param>
    /// <param name="damage">What is wrong with it and which error that is, or <see langword="null"/>.</param>
    /// <returns>The manifest, or <see langword="null"/> where it is damaged.</returns>
    public static SnapshotManifest? InterpretTravelling(
        ManifestContent content, string? error, out (ErrorId Id, string Text)? damage)
    {
        string? reason = error ?? FindOwnFault(content);
        damage = FindNewerFormat(content) ?? (reason is null ? null : (ErrorId.SnapshotDamaged, reason));
        return damage is null ? Convert(content) : null;
    }

    private static (ErrorId Id, string Text)? FindNewerFormat(ManifestContent content) =>
        content.FormatVersion is > SnapshotManifest.CurrentFormatVersion and var version
            ? (ErrorId.FormatNotSupported, string.Create(
                CultureInfo.InvariantCulture,
                $"its format version {version} is newer than this program, which reads {SnapshotManifest.CurrentFormatVersion}"))
            : null;

    private static string? FindFault(ManifestContent content, SnapshotStem stem) =>
        FindOwnFault(content)
        ?? (content.Snapshot != stem.Payload(content.Kind!) ? $"its snapshot '{content.Snapshot}' is not its own"
            : content.Listing != (content.Kind == SnapshotKind.Directory ? stem.Listing : null)
                ? $"its listing '{content.Listing}' is not its own"
            : null);

    private static string? FindOwnFault(ManifestContent content)
    {
        bool isDirectory = content.Kind == SnapshotKind.Directory;
        return content.FormatVersion is not >= 1 ? "its format version is none"
            : string.IsNullOrEmpty(content.Id) ? "it has no id"
            : !isDirectory && content.Kind != SnapshotKind.Sqlite ? $"its kind '{content.Kind}' is not known"
            : string.IsNullOrEmpty(content.Name) ? "it has no name"
            : content.CreatedAt is null ? "it has no created_at"
            : string.IsNullOrEmpty(content.Source) ? "it has no source"
            : content.Bytes is null ? "it has no bytes"
            : content.Sha256 is null ? "it has no sha256"
            : null;
    }

    private static string? FindFaultOfAiMemory(ManifestContent content, SnapshotStem stem) =>
        content.Snapshot is null || content.Sha256 is null || content.Bytes is null || content.SourceDb is null
            || content.Version is null || content.CreatedAt is null
            ? "keys of a manifest are missing"
            : content.Snapshot != stem.Payload(SnapshotKind.Sqlite) ? $"its snapshot '{content.Snapshot}' is not its own"
            : null;

    private static SnapshotManifest Convert(ManifestContent content) => new()
    {
        FormatVersion = content.FormatVersion!.Value,
        Id = content.Id!,
        Kind = content.Kind!,
        Name = content.Name!,
        Snapshot = content.Snapshot ?? string.Empty,
        CreatedAt = content.CreatedAt!.Value,
        Source = content.Source!,
        SourceRaw = content.SourceRaw,
        SourceDb = content.SourceDb,
        Host = content.Host ?? string.Empty,
        Tool = content.Tool ?? string.Empty,
        Version = content.Version ?? string.Empty,
        Bytes = content.Bytes!.Value,
        Sha256 = content.Sha256,
        Listing = content.Listing,
        File = content.File,
        EntryCount = content.EntryCount,
        Sections = content.Sections,
        Sqlite = content.Sqlite,
        Check = content.Check,
        Tags = content.Tags,
        Comment = content.Comment,
        Incomplete = content.Incomplete,
        Errors = content.Errors,
        Skipped = content.Skipped,
        Databases = content.Databases,
        ChangedWhileRead = content.ChangedWhileRead,
        Origin = ManifestOrigin.BackupTools,
    };

    private static SnapshotManifest ConvertAiMemory(ManifestContent content, SnapshotStem stem) => new()
    {
        FormatVersion = 0,
        Kind = SnapshotKind.Sqlite,
        Name = stem.Name,
        Snapshot = content.Snapshot!,
        CreatedAt = content.CreatedAt!.Value,
        Source = content.SourceDb!,
        SourceDb = content.SourceDb,
        Tool = "ai-memory",
        Version = content.Version!,
        Bytes = content.Bytes!.Value,
        EntryCount = null,
        Sha256 = content.Sha256,
        Origin = ManifestOrigin.AiMemory,
    };
}
