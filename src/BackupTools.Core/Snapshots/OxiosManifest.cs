using System.Globalization;
using System.Text.Json;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// The <c>manifest.json</c> that Oxios leaves inside a backup directory: no hashes, only sections with counts.
/// </summary>
internal sealed class OxiosManifest
{
    public const string FileName = "manifest.json";

    /// <summary>The only version of that format there is.</summary>
    public const long SupportedVersion = 1;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 64 };

    /// <summary>Whether the file is meant to be such a manifest; others of that name are common.</summary>
    public bool IsOxios { get; private set; }

    public long? Version { get; private set; }

    public DateTime? CreatedAt { get; private set; }

    public string OxiosVersion { get; private set; } = string.Empty;

    public List<SnapshotSection> Sections { get; private set; } = [];

    /// <summary>What is wrong with it, or <see langword="null"/>.</summary>
    public string? Damage { get; private set; }

    /// <summary>Which error it is to use it although something is wrong.</summary>
    public ErrorId DamageId { get; private set; } = ErrorId.SnapshotDamaged;

    public static OxiosManifest Parse(ReadOnlySpan<byte> utf8)
    {
        OxiosManifest manifest = new();
        bool isJson = true;
        try
        {
            Utf8JsonReader json = new(utf8, s_options);
            json.Read();
            while (ManifestFields.Next(ref json, out string name))
            {
                manifest.ReadField(ref json, name);
            }

            isJson = !json.Read();
        }
        catch (Exception e) when (ManifestFields.IsFormatError(e))
        {
            // A file that is cut off may have been one; JSON with other contents was not.
            isJson = e is not JsonException { LineNumber: not null };
            manifest.Damage ??= e.Message;
        }

        manifest.IsOxios |= !isJson;
        manifest.Judge();
        return manifest;
    }

    private void ReadField(ref Utf8JsonReader json, string name)
    {
        switch (name)
        {
            case "version" when json.TokenType == JsonTokenType.Number:
                Version = json.TryGetInt64(out long version) ? version : -1;
                break;
            case "oxios_version":
                IsOxios = true;
                OxiosVersion = ManifestFields.Text(ref json);
                break;
            case "created_at" when json.TokenType == JsonTokenType.String:
                CreatedAt = UtcTimeText.TryParse(json.GetString()!, out DateTime time) ? time : null;
                break;
            case "sections":
                ReadSections(ref json);
                break;
            default:
                json.Skip();
                break;
        }
    }

    private void ReadSections(ref Utf8JsonReader json)
    {
        Utf8JsonReader whole = json;
        json.Skip();
        try
        {
            List<SnapshotSection> sections = [];
            ManifestFields.Sections(ref whole, sections);
            Sections = sections;
        }
        catch (Exception e) when (ManifestFields.IsFormatError(e))
        {
            Damage = "its sections are none: " + e.Message;
        }
    }

    private void Judge()
    {
        if (Version is { } version and not SupportedVersion)
        {
            DamageId = ErrorId.FormatNotSupported;
            Damage = string.Create(CultureInfo.InvariantCulture, $"its version {version} is not known");
        }
        else if (Damage is null && (Version is null || CreatedAt is null))
        {
            Damage = Version is null ? "it has no version" : "it has no time";
        }
        else if (Damage is null && Sections.Count == 0)
        {
            DamageId = ErrorId.NothingToRestore;
            Damage = "it names no sections, so the backup is empty";
        }
    }
}
