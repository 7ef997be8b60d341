using System.Text.Json;
using BackupTools.Restic.Json;

namespace BackupTools.Restic.Locks;

/// <summary>A lock's file, as restic writes it.</summary>
internal static class LockJson
{
    public static ReadOnlyMemory<byte> Write(LockRecord record)
    {
        JsonText json = new();
        json.Raw("{\"time\":"u8).Time(record.Time);
        json.Raw(record.IsExclusive ? ",\"exclusive\":true,\"hostname\":"u8 : ",\"exclusive\":false,\"hostname\":"u8);
        json.String(record.HostName).Raw(",\"username\":"u8).String(record.UserName);
        json.Raw(",\"pid\":"u8).Number((ulong)record.ProcessId);
        if (record.UserId != 0)
        {
            json.Raw(",\"uid\":"u8).Number(record.UserId);
        }

        if (record.GroupId != 0)
        {
            json.Raw(",\"gid\":"u8).Number(record.GroupId);
        }

        json.Raw("}"u8);
        return json.Written;
    }

    public static LockRecord Read(ObjectId id, ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            JsonFields.Next(ref reader);
            JsonFields.Expect(ref reader, JsonTokenType.StartObject, "lock");
            LockRecord record = new() { Id = id, Time = default };
            while (JsonFields.NextMember(ref reader))
            {
                string name = JsonFields.Text(ref reader);
                JsonFields.Next(ref reader);
                switch (name)
                {
                    case "time":
                        record = record with { Time = JsonFields.Time(ref reader) };
                        break;
                    case "exclusive":
                        record = record with { IsExclusive = reader.GetBoolean() };
                        break;
                    case "hostname":
                        record = record with { HostName = JsonFields.Text(ref reader) };
                        break;
                    case "username":
                        record = record with { UserName = JsonFields.Text(ref reader) };
                        break;
                    case "pid":
                        record = record with { ProcessId = reader.GetInt32() };
                        break;
                    case "uid":
                        record = record with { UserId = reader.GetUInt32() };
                        break;
                    case "gid":
                        record = record with { GroupId = reader.GetUInt32() };
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            return record;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new RepositoryDataException($"lock {id} cannot be read: {e.Message}", e);
        }
    }
}
