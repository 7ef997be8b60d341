using System.Text.Json;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// What stands in a manifest file of this program or of ai-memory, before anything of it is believed. After an error it
/// holds what was read up to there.
/// </summary>
internal sealed class ManifestContent
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 16 };

    private ulong _seen;

    public int? FormatVersion { get; private set; }

    public string? Id { get; private set; }

    public string? Kind { get; private set; }

    public string? Name { get; private set; }

    public string? Snapshot { get; private set; }

    public DateTime? CreatedAt { get; private set; }

    public string? Source { get; private set; }

    public byte[]? SourceRaw { get; private set; }

    public string? SourceDb { get; private set; }

    public string? Host { get; private set; }

    public string? Tool { get; private set; }

    public string? Version { get; private set; }

    public long? Bytes { get; private set; }

    public string? Sha256 { get; private set; }

    public string? Listing { get; private set; }

    public SourceFileInfo? File { get; private set; }

    public long EntryCount { get; private set; }

    public List<SnapshotSection> Sections { get; } = [];

    public SqliteInfo? Sqlite { get; private set; }

    public SnapshotCheck? Check { get; private set; }

    public List<string> Tags { get; } = [];

    public string? Comment { get; private set; }

    public bool Incomplete { get; private set; }

    public List<SnapshotProblem> Errors { get; } = [];

    public List<SnapshotProblem> Skipped { get; } = [];

    public List<CapturedDatabase>? Databases { get; private set; }

    public List<string> ChangedWhileRead { get; } = [];

    /// <summary>Reads a manifest's JSON.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="error">Why it is none, or <see langword="null"/>.</param>
    /// <returns>What could be read.</returns>
    public static ManifestContent Parse(ReadOnlySpan<byte> utf8, out string? error)
    {
        ManifestContent content = new();
        try
        {
            Utf8JsonReader json = new(utf8, s_options);
            json.Read();
            while (ManifestFields.Next(ref json, out string name))
            {
                content.ReadField(ref json, name);
            }

            // What follows the object is refused; without a further token this finds it.
            error = json.Read() ? "more than one value stands in it" : null;
        }
        catch (Exception e) when (ManifestFields.IsFormatError(e))
        {
            error = "it cannot be read: " + e.Message;
        }

        return content;
    }

    private void ReadField(ref Utf8JsonReader json, string name)
    {
        switch (name)
        {
            case "format_version": Once(0, name); FormatVersion = json.GetInt32(); break;
            case "id": Once(1, name); Id = ManifestFields.Text(ref json); break;
            case "kind": Once(2, name); Kind = ManifestFields.Text(ref json); break;
            case "name": Once(3, name); Name = ManifestFields.Text(ref json); break;
            case "snapshot": Once(4, name); Snapshot = ManifestFields.Text(ref json); break;
            case "created_at": Once(5, name); CreatedAt = ManifestFields.Time(ref json); break;
            case "source": Once(6, name); Source = ManifestFields.Text(ref json); break;
            case "source_raw": Once(7, name); SourceRaw = ManifestFields.IsNull(ref json) ? null : json.GetBytesFromBase64(); break;
            case "source_db": Once(8, name); SourceDb = json.GetString(); break;
            case "host": Once(9, name); Host = ManifestFields.Text(ref json); break;
            case "tool": Once(10, name); Tool = ManifestFields.Text(ref json); break;
            case "version": Once(11, name); Version = ManifestFields.Text(ref json); break;
            case "bytes": Once(12, name); Bytes = ManifestFields.Count(ref json); break;
            case "sha256": Once(13, name); Sha256 = Hash(ref json); break;
            case "listing": Once(14, name); Listing = json.GetString(); break;
            case "file": Once(15, name); File = ManifestFields.IsNull(ref json) ? null : ManifestFields.File(ref json); break;
            case "entry_count": Once(16, name); EntryCount = ManifestFields.Count(ref json); break;
            case "sections": Once(17, name); ManifestFields.Sections(ref json, Sections); break;
            case "sqlite": Once(18, name); Sqlite = ManifestFields.IsNull(ref json) ? null : ManifestFields.Sqlite(ref json); break;
            case "check": Once(19, name); Check = ManifestFields.IsNull(ref json) ? null : ManifestFields.Check(ref json); break;
            case "tags": Once(20, name); ManifestFields.Texts(ref json, Tags); break;
            case "comment": Once(21, name); Comment = json.GetString(); break;
            case "incomplete": Once(22, name); Incomplete = json.GetBoolean(); break;
            case "errors": Once(23, name); ManifestFields.Problems(ref json, Errors); break;
            case "skipped": Once(24, name); ManifestFields.Problems(ref json, Skipped); break;
            case "databases": Once(25, name); Databases = ManifestFields.Databases(ref json); break;
            case "changed_while_read": Once(26, name); ManifestFields.Texts(ref json, ChangedWhileRead); break;
            default: json.Skip(); break;
        }
    }

    private void Once(int field, string name)
    {
        ulong bit = 1UL << field;
        if ((_seen & bit) != 0)
        {
            throw new JsonException($"'{name}' stands there twice");
        }

        _seen |= bit;
    }

    private static string? Hash(ref Utf8JsonReader json)
    {
        string? text = json.GetString();
        return text is null || (text.Length == 64 && IsHex(text))
            ? text
            : throw new JsonException("its sha256 is none");
    }

    private static bool IsHex(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return true;
    }
}
