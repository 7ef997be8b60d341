using System.Text.Json;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// Manifests as JSON, for their files and for whoever prints them: snake_case, nothing that is absent. By hand, as
/// they are read: a short command must start fast.
/// </summary>
public static class ManifestText
{
    /// <summary>Writes a manifest's properties into an object that the caller has begun and will end.</summary>
    /// <param name="json">The writer, inside an object.</param>
    /// <param name="manifest">The manifest.</param>
    public static void WriteProperties(Utf8JsonWriter json, SnapshotManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(manifest);
        json.WriteNumber("format_version"u8, manifest.FormatVersion);
        json.WriteString("id"u8, manifest.Id);
        json.WriteString("kind"u8, manifest.Kind);
        json.WriteString("name"u8, manifest.Name);
        if (manifest.Snapshot.Length > 0)
        {
            json.WriteString("snapshot"u8, manifest.Snapshot);
        }

        json.WriteString("created_at"u8, UtcTimeText.Format(manifest.CreatedAt));
        json.WriteString("source"u8, manifest.Source);
        if (manifest.SourceRaw is { } raw)
        {
            json.WriteBase64String("source_raw"u8, raw);
        }

        WriteText(json, "source_db"u8, manifest.SourceDb);
        json.WriteString("host"u8, manifest.Host);
        json.WriteString("tool"u8, manifest.Tool);
        json.WriteString("version"u8, manifest.Version);
        WriteNumber(json, "bytes"u8, manifest.Bytes);
        WriteText(json, "sha256"u8, manifest.Sha256);
        WriteText(json, "listing"u8, manifest.Listing);
        WriteFile(json, manifest.File);
        WriteNumber(json, "entry_count"u8, manifest.EntryCount);
        WriteSections(json, manifest.Sections);
        WriteDatabase(json, manifest.Sqlite);
        WriteCheck(json, manifest.Check);
        json.WriteStartArray("tags"u8);
        foreach (string tag in manifest.Tags)
        {
            json.WriteStringValue(tag);
        }

        json.WriteEndArray();
        WriteText(json, "comment"u8, manifest.Comment);
        json.WriteBoolean("incomplete"u8, manifest.Incomplete);
        WriteProblems(json, "errors"u8, manifest.Errors);
        WriteProblems(json, "skipped"u8, manifest.Skipped);
        WriteDatabases(json, manifest.Databases);
        if (manifest.ChangedWhileRead.Count > 0)
        {
            json.WriteStartArray("changed_while_read"u8);
            foreach (string path in manifest.ChangedWhileRead)
            {
                json.WriteStringValue(path);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteDatabases(Utf8JsonWriter json, IReadOnlyList<CapturedDatabase>? databases)
    {
        if (databases is null)
        {
            return;
        }

        json.WriteStartArray("databases"u8);
        foreach (CapturedDatabase database in databases)
        {
            json.WriteStartObject();
            json.WriteString("path"u8, database.Path);
            if (database.PathRaw is { } raw)
            {
                json.WriteBase64String("path_raw"u8, raw);
            }

            json.WriteString("capture"u8, Word(database.Capture));
            if (database.CapturedAt is { } time)
            {
                json.WriteString("captured_at"u8, UtcTimeText.Format(time));
            }

            WriteCheck(json, database.Check);
            WriteText(json, "source_state"u8, database.SourceState);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFile(Utf8JsonWriter json, SourceFileInfo? file)
    {
        if (file is null)
        {
            return;
        }

        json.WriteStartObject("file"u8);
        WriteText(json, "mode"u8, file.Mode);
        WriteNumber(json, "uid"u8, file.Uid);
        WriteNumber(json, "gid"u8, file.Gid);
        WriteText(json, "owner"u8, file.Owner);
        WriteText(json, "group"u8, file.Group);
        WriteText(json, "modified"u8, file.Modified);
        json.WriteEndObject();
    }

    private static void WriteSections(Utf8JsonWriter json, IReadOnlyList<SnapshotSection> sections)
    {
        json.WriteStartArray("sections"u8);
        foreach (SnapshotSection section in sections)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, section.Name);
            json.WriteNumber("entry_count"u8, section.EntryCount);
            WriteNumber(json, "bytes"u8, section.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDatabase(Utf8JsonWriter json, SqliteInfo? database)
    {
        if (database is null)
        {
            return;
        }

        json.WriteStartObject("sqlite"u8);
        json.WriteNumber("page_size"u8, database.PageSize);
        json.WriteNumber("page_count"u8, database.PageCount);
        json.WriteString("journal_mode"u8, database.JournalMode);
        json.WriteNumber("user_version"u8, database.UserVersion);
        json.WriteNumber("application_id"u8, database.ApplicationId);
        json.WriteString("capture"u8, Word(database.Capture));
        json.WriteString("engine_version"u8, database.EngineVersion);
        WriteNumber(json, "locked_ms"u8, database.LockedMs);
        json.WriteEndObject();
    }

    private static void WriteCheck(Utf8JsonWriter json, SnapshotCheck? check)
    {
        if (check is null)
        {
            return;
        }

        json.WriteStartObject("check"u8);
        json.WriteString("level"u8, check.Level);
        json.WriteString("result"u8, Word(check.Result));
        WriteText(json, "detail"u8, check.Detail);
        json.WriteEndObject();
    }

    private static void WriteProblems(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<SnapshotProblem> problems)
    {
        json.WriteStartArray(name);
        foreach (SnapshotProblem problem in problems)
        {
            json.WriteStartObject();
            json.WriteString("path"u8, problem.Path);
            json.WriteString("reason"u8, problem.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();
}
