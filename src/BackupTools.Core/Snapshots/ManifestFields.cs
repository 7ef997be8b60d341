using System.Text.Json;

namespace BackupTools.Core.Snapshots;

/// <summary>
/// The values in manifests, read strictly: no null where there must be something, no negative count, nothing of another
/// type. By hand, because a store is listed a thousand manifests at a time and a short command must start fast.
/// </summary>
internal static class ManifestFields
{
    /// <summary>Whether an exception says that the JSON is not as it should be.</summary>
    public static bool IsFormatError(Exception e) =>
        e is JsonException or InvalidOperationException or FormatException or OverflowException;

    /// <summary>Goes to the next property's value; called first on the object's beginning.</summary>
    public static bool Next(ref Utf8JsonReader json, out string name)
    {
        if (json.TokenType == JsonTokenType.StartObject || json.CurrentDepth > 0)
        {
            json.Read();
            if (json.TokenType == JsonTokenType.PropertyName)
            {
                name = json.GetString()!;
                json.Read();
                return true;
            }

            if (json.TokenType == JsonTokenType.EndObject)
            {
                name = string.Empty;
                return false;
            }
        }

        throw new JsonException("an object is missing");
    }

    public static bool IsNull(ref Utf8JsonReader json) => json.TokenType == JsonTokenType.Null;

    public static string Text(ref Utf8JsonReader json) => json.GetString() ?? throw new JsonException("a text is missing");

    public static long Count(ref Utf8JsonReader json) =>
        json.GetInt64() is >= 0 and var count ? count : throw new JsonException("a count is negative");

    public static DateTime Time(ref Utf8JsonReader json)
    {
        string text = Text(ref json);
        return UtcTimeText.TryParse(text, out DateTime time) ? time : throw new JsonException($"'{text}' is no RFC 3339 time");
    }

    public static void Texts(ref Utf8JsonReader json, List<string> into)
    {
        BeginArray(ref json);
        while (NextItem(ref json))
        {
            into.Add(Text(ref json));
        }
    }

    public static void Sections(ref Utf8JsonReader json, List<SnapshotSection> into)
    {
        BeginArray(ref json);
        while (NextItem(ref json))
        {
            BeginObject(ref json);
            string? section = null;
            long entries = 0;
            long? bytes = null;
            while (Next(ref json, out string name))
            {
                switch (name)
                {
                    case "name": section = Text(ref json); break;
                    case "entry_count": entries = Count(ref json); break;
                    case "bytes": bytes = IsNull(ref json) ? null : Count(ref json); break;
                    default: json.Skip(); break;
                }
            }

            into.Add(new SnapshotSection(section ?? throw new JsonException("a section has no name"), entries, bytes));
        }
    }

    public static void Problems(ref Utf8JsonReader json, List<SnapshotProblem> into)
    {
        BeginArray(ref json);
        while (NextItem(ref json))
        {
            BeginObject(ref json);
            string path = string.Empty;
            string reason = string.Empty;
            while (Next(ref json, out string name))
            {
                switch (name)
                {
                    case "path": path = Text(ref json); break;
                    case "reason": reason = Text(ref json); break;
                    default: json.Skip(); break;
                }
            }

            into.Add(new SnapshotProblem(path, reason));
        }
    }

    public static SnapshotCheck Check(ref Utf8JsonReader json)
    {
        BeginObject(ref json);
        string level = string.Empty;
        CheckResult? result = null;
        string? detail = null;
        while (Next(ref json, out string name))
        {
            switch (name)
            {
                case "level": level = Text(ref json); break;
                case "result":
                    result = json.GetString() switch
                    {
                        "ok" => CheckResult.Ok,
                        "corrupt" => CheckResult.Corrupt,
                        "unverifiable" => CheckResult.Unverifiable,
                        "skipped" => CheckResult.Skipped,
                        _ => throw new JsonException("a check's result is not known"),
                    };
                    break;
                case "detail": detail = json.GetString(); break;
                default: json.Skip(); break;
            }
        }

        return new SnapshotCheck(level, result ?? throw new JsonException("a check has no result"), detail);
    }

    public static SourceFileInfo File(ref Utf8JsonReader json)
    {
        BeginObject(ref json);
        SourceFileInfo info = new();
        while (Next(ref json, out string name))
        {
            switch (name)
            {
                case "mode": info = info with { Mode = json.GetString() }; break;
                case "uid": info = info with { Uid = IsNull(ref json) ? null : json.GetUInt32() }; break;
                case "gid": info = info with { Gid = IsNull(ref json) ? null : json.GetUInt32() }; break;
                case "owner": info = info with { Owner = json.GetString() }; break;
                case "group": info = info with { Group = json.GetString() }; break;
                case "modified": info = info with { Modified = json.GetString() }; break;
                default: json.Skip(); break;
            }
        }

        return info;
    }

    public static SqliteInfo Sqlite(ref Utf8JsonReader json)
    {
        BeginObject(ref json);
        SqliteInfo info = new();
        while (Next(ref json, out string name))
        {
            switch (name)
            {
                case "page_size": info = info with { PageSize = json.GetInt32() }; break;
                case "page_count": info = info with { PageCount = Count(ref json) }; break;
                case "journal_mode": info = info with { JournalMode = Text(ref json) }; break;
                case "user_version": info = info with { UserVersion = json.GetInt32() }; break;
                case "application_id": info = info with { ApplicationId = json.GetInt32() }; break;
                case "capture": info = info with { Capture = Capture(ref json) }; break;
                case "engine_version": info = info with { EngineVersion = Text(ref json) }; break;
                case "locked_ms": info = info with { LockedMs = IsNull(ref json) ? null : Count(ref json) }; break;
                default: json.Skip(); break;
            }
        }

        return info;
    }

    public static List<CapturedDatabase> Databases(ref Utf8JsonReader json)
    {
        List<CapturedDatabase> databases = [];
        BeginArray(ref json);
        while (NextItem(ref json))
        {
            BeginObject(ref json);
            CapturedDatabase database = new() { Path = string.Empty, Capture = CaptureMethod.Raw };
            while (Next(ref json, out string name))
            {
                switch (name)
                {
                    case "path": database = database with { Path = Text(ref json) }; break;
                    case "path_raw": database = database with { PathRaw = json.GetBytesFromBase64() }; break;
                    case "capture": database = database with { Capture = Capture(ref json) }; break;
                    case "captured_at": database = database with { CapturedAt = Time(ref json) }; break;
                    case "check": database = database with { Check = IsNull(ref json) ? null : Check(ref json) }; break;
                    case "source_state": database = database with { SourceState = json.GetString() }; break;
                    default: json.Skip(); break;
                }
            }

            databases.Add(database);
        }

        return databases;
    }

    private static CaptureMethod Capture(ref Utf8JsonReader json) => json.GetString() switch
    {
        "exact" => CaptureMethod.Exact,
        "vacuum" => CaptureMethod.Vacuum,
        "raw" => CaptureMethod.Raw,
        _ => throw new JsonException("the capture is not known"),
    };

    private static void BeginObject(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("an object is missing");
        }
    }

    private static void BeginArray(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("a list is missing");
        }
    }

    private static bool NextItem(ref Utf8JsonReader json) => json.Read() && json.TokenType != JsonTokenType.EndArray;
}
