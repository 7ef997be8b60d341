using System.Text.Json;
using BackupTools.Restic.Json;

namespace BackupTools.Restic.Snapshots;

/// <summary>A snapshot's file, as restic writes it.</summary>
internal static class SnapshotJson
{
    public static ReadOnlyMemory<byte> Write(SnapshotRecord snapshot)
    {
        JsonText json = new();
        json.Raw("{\"time\":"u8).Time(snapshot.Time);
        WriteId(json, ",\"parent\":"u8, snapshot.Parent);
        json.Raw(",\"tree\":"u8).Id(snapshot.Tree);
        json.Raw(",\"paths\":"u8);
        WriteTexts(json, snapshot.Paths);
        WriteText(json, ",\"hostname\":"u8, snapshot.HostName);
        WriteText(json, ",\"username\":"u8, snapshot.UserName);
        WriteNumber(json, ",\"uid\":"u8, snapshot.UserId);
        WriteNumber(json, ",\"gid\":"u8, snapshot.GroupId);
        WriteList(json, ",\"excludes\":"u8, snapshot.Excludes);
        WriteList(json, ",\"tags\":"u8, snapshot.Tags);
        WriteId(json, ",\"original\":"u8, snapshot.Original);
        WriteText(json, ",\"program_version\":"u8, snapshot.ProgramVersion);
        WriteSummary(json, snapshot.Summary);
        json.Raw("}"u8);
        return json.Written;
    }

    public static SnapshotRecord Read(ObjectId id, ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            JsonFields.Next(ref reader);
            return Read(id, ref reader);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new RepositoryDataException($"snapshot {id} cannot be read: {e.Message}", e);
        }
    }

    private static SnapshotRecord Read(ObjectId id, ref Utf8JsonReader reader)
    {
        JsonFields.Expect(ref reader, JsonTokenType.StartObject, "snapshot");
        SnapshotRecord snapshot = new() { Id = id, Time = default, Tree = default, Paths = [] };
        while (JsonFields.NextMember(ref reader))
        {
            string name = JsonFields.Text(ref reader);
            JsonFields.Next(ref reader);
            snapshot = name switch
            {
                "time" => snapshot with { Time = JsonFields.Time(ref reader) },
                "parent" => snapshot with { Parent = JsonFields.IdOrNull(ref reader) },
                "tree" => snapshot with { Tree = JsonFields.Id(ref reader) },
                "paths" => snapshot with { Paths = JsonFields.Texts(ref reader) },
                "hostname" => snapshot with { HostName = JsonFields.Text(ref reader) },
                "username" => snapshot with { UserName = JsonFields.Text(ref reader) },
                "uid" => snapshot with { UserId = reader.GetUInt32() },
                "gid" => snapshot with { GroupId = reader.GetUInt32() },
                "excludes" => snapshot with { Excludes = JsonFields.Texts(ref reader) },
                "tags" => snapshot with { Tags = JsonFields.Texts(ref reader) },
                "original" => snapshot with { Original = JsonFields.IdOrNull(ref reader) },
                "program_version" => snapshot with { ProgramVersion = JsonFields.Text(ref reader) },
                "summary" => snapshot with { Summary = ReadSummary(ref reader) },
                _ => Skip(ref reader, snapshot),
            };
        }

        return snapshot.Tree.IsZero ? throw JsonFields.Unexpected("tree") : snapshot;
    }

    // What it does not tell, or tells in a way that is not known here, is not known; the snapshot is none the worse for it.
    private static SnapshotSummary? ReadSummary(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        long? files = null;
        long? bytes = null;
        while (JsonFields.NextMember(ref reader))
        {
            string name = JsonFields.Text(ref reader);
            JsonFields.Next(ref reader);
            switch (name)
            {
                case "total_files_processed": files = ReadCount(ref reader); break;
                case "total_bytes_processed": bytes = ReadCount(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        return files is null || bytes is null ? null : new SnapshotSummary(files.Value, bytes.Value);
    }

    private static long? ReadCount(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long count) && count >= 0)
        {
            return count;
        }

        reader.Skip();
        return null;
    }

    private static SnapshotRecord Skip(ref Utf8JsonReader reader, SnapshotRecord snapshot)
    {
        reader.Skip();
        return snapshot;
    }

    private static void WriteSummary(JsonText json, SnapshotSummary? summary)
    {
        if (summary is not null)
        {
            json.Raw(",\"summary\":{\"total_files_processed\":"u8).Number((ulong)summary.Files);
            json.Raw(",\"total_bytes_processed\":"u8).Number((ulong)summary.Bytes).Raw("}"u8);
        }
    }

    private static void WriteId(JsonText json, ReadOnlySpan<byte> member, ObjectId? id)
    {
        if (id is ObjectId value)
        {
            json.Raw(member).Id(value);
        }
    }

    private static void WriteText(JsonText json, ReadOnlySpan<byte> member, string text)
    {
        if (text.Length > 0)
        {
            json.Raw(member).String(text);
        }
    }

    private static void WriteNumber(JsonText json, ReadOnlySpan<byte> member, uint number)
    {
        if (number != 0)
        {
            json.Raw(member).Number(number);
        }
    }

    private static void WriteList(JsonText json, ReadOnlySpan<byte> member, IReadOnlyList<string> texts)
    {
        if (texts.Count > 0)
        {
            json.Raw(member);
            WriteTexts(json, texts);
        }
    }

    private static void WriteTexts(JsonText json, IReadOnlyList<string> texts)
    {
        json.Raw("["u8);
        for (int i = 0; i < texts.Count; i++)
        {
            json.Raw(i == 0 ? default : ","u8).String(texts[i]);
        }

        json.Raw("]"u8);
    }
}
