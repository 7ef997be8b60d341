using System.Text.Json;

namespace BackupTools.Restic.Json;

/// <summary>Reading the members of JSON objects, tolerant of members that are not known.</summary>
internal static class JsonFields
{
    /// <summary>Goes on to the next token, which has to be there.</summary>
    public static void Next(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new JsonException("It ends too early.");
        }
    }

    /// <summary>Goes to an object's next member and its value.</summary>
    /// <returns>Whether there is one. The reader stands on the name; <see cref="Next"/> goes on to the value.</returns>
    public static bool NextMember(ref Utf8JsonReader reader)
    {
        Next(ref reader);
        return reader.TokenType switch
        {
            JsonTokenType.PropertyName => true,
            JsonTokenType.EndObject => false,
            _ => throw new JsonException("A member is missing."),
        };
    }

    /// <summary>Takes the name on which the reader stands, and goes on to the value.</summary>
    public static ReadOnlySpan<byte> TakeName(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> name = reader.ValueIsEscaped ? Bytes(ref reader) : reader.ValueSpan;
        Next(ref reader);
        return name;
    }

    /// <summary>Goes to an array's next element.</summary>
    public static bool NextElement(ref Utf8JsonReader reader)
    {
        Next(ref reader);
        return reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Expects the beginning of an object or array.</summary>
    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw Unexpected(what);
        }
    }

    /// <summary>Reads a string's bytes.</summary>
    public static byte[] Bytes(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return [];
        }

        if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped)
        {
            return reader.ValueSpan.ToArray();
        }

        byte[] bytes = new byte[reader.ValueSpan.Length];
        int length = reader.CopyString(bytes);
        return bytes[..length];
    }

    /// <summary>Reads a string; null as empty.</summary>
    public static string Text(ref Utf8JsonReader reader) => reader.GetString() ?? string.Empty;

    /// <summary>Reads an array of strings; null as empty.</summary>
    public static List<string> Texts(ref Utf8JsonReader reader)
    {
        List<string> texts = [];
        if (reader.TokenType != JsonTokenType.Null)
        {
            Expect(ref reader, JsonTokenType.StartArray, "list");
            while (NextElement(ref reader))
            {
                texts.Add(Text(ref reader));
            }
        }

        return texts;
    }

    /// <summary>Reads an id.</summary>
    public static ObjectId Id(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && ObjectId.TryParse(reader.ValueSpan, out ObjectId id)
            ? id
            : throw Unexpected("id");

    /// <summary>Reads an id that may be null.</summary>
    public static ObjectId? IdOrNull(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null ? null : Id(ref reader);

    /// <summary>Reads a time.</summary>
    public static RepositoryTime Time(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && RepositoryTime.TryParse(reader.ValueSpan, out RepositoryTime time)
            ? time
            : throw Unexpected("time");

    /// <summary>Something other than what was expected.</summary>
    public static JsonException Unexpected(string what) => new($"The {what} is not what it should be.");
}
