using System.Text.Json;
using BackupTools.Restic.Json;

namespace BackupTools.Restic.Trees;

/// <summary>Decodes a node.</summary>
internal static class TreeNodeReader
{
    private static readonly string[] s_types =
    [
        NodeTypes.File, NodeTypes.Directory, NodeTypes.Symlink, NodeTypes.BlockDevice, NodeTypes.CharacterDevice,
        NodeTypes.Fifo, NodeTypes.Socket,
    ];

    /// <summary>Reads the object on whose beginning the reader stands.</summary>
    public static TreeNode Read(ref Utf8JsonReader reader)
    {
        JsonFields.Expect(ref reader, JsonTokenType.StartObject, "node");
        TreeNode node = new() { Name = default, Type = string.Empty };
        while (JsonFields.NextMember(ref reader))
        {
            if (!ReadText(ref reader, node) && !ReadNumber(ref reader, node) && !ReadTimeOrId(ref reader, node)
                && !ReadStructure(ref reader, node))
            {
                JsonFields.Next(ref reader);
                reader.Skip();
            }
        }

        return node;
    }

    private static bool ReadText(ref Utf8JsonReader reader, TreeNode node)
    {
        if (Is(ref reader, "name"u8))
        {
            byte[] name = JsonFields.Bytes(ref reader);
            node.Name = name.AsSpan().Contains((byte)'\\') ? QuotedName.Unquote(name) : name;
        }
        else if (Is(ref reader, "type"u8))
        {
            node.Type = ReadType(ref reader);
        }
        else if (Is(ref reader, "user"u8))
        {
            node.User = JsonFields.Text(ref reader);
        }
        else if (Is(ref reader, "group"u8))
        {
            node.Group = JsonFields.Text(ref reader);
        }
        else if (Is(ref reader, "linktarget"u8))
        {
            // Only a target that could not be told here is told in the other field, which comes behind this one.
            node.LinkTarget = JsonFields.Bytes(ref reader);
        }
        else if (Is(ref reader, "linktarget_raw"u8))
        {
            node.LinkTarget = reader.GetBytesFromBase64();
        }
        else if (Is(ref reader, "error"u8))
        {
            node.Error = JsonFields.Text(ref reader);
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool ReadNumber(ref Utf8JsonReader reader, TreeNode node)
    {
        if (Is(ref reader, "mode"u8))
        {
            node.Mode = reader.GetUInt32();
        }
        else if (Is(ref reader, "uid"u8))
        {
            node.UserId = reader.GetUInt32();
        }
        else if (Is(ref reader, "gid"u8))
        {
            node.GroupId = reader.GetUInt32();
        }
        else if (Is(ref reader, "inode"u8))
        {
            node.Inode = reader.GetUInt64();
        }
        else if (Is(ref reader, "device_id"u8))
        {
            node.DeviceId = reader.GetUInt64();
        }
        else if (Is(ref reader, "size"u8))
        {
            node.Size = reader.GetUInt64();
        }
        else if (Is(ref reader, "links"u8))
        {
            node.Links = reader.GetUInt64();
        }
        else if (Is(ref reader, "device"u8))
        {
            node.Device = reader.GetUInt64();
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool ReadTimeOrId(ref Utf8JsonReader reader, TreeNode node)
    {
        if (Is(ref reader, "mtime"u8))
        {
            node.ModifiedAt = JsonFields.Time(ref reader);
        }
        else if (Is(ref reader, "atime"u8))
        {
            node.AccessedAt = JsonFields.Time(ref reader);
        }
        else if (Is(ref reader, "ctime"u8))
        {
            node.ChangedAt = JsonFields.Time(ref reader);
        }
        else if (Is(ref reader, "subtree"u8))
        {
            node.Subtree = JsonFields.IdOrNull(ref reader);
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool ReadStructure(ref Utf8JsonReader reader, TreeNode node)
    {
        if (Is(ref reader, "content"u8))
        {
            node.Content = ReadContent(ref reader);
        }
        else if (Is(ref reader, "extended_attributes"u8))
        {
            node.ExtendedAttributes = ReadExtendedAttributes(ref reader);
        }
        else if (Is(ref reader, "generic_attributes"u8))
        {
            node.GenericAttributes = ReadRaw(ref reader);
        }
        else
        {
            return false;
        }

        return true;
    }

    // Goes on to the value where the name is the one asked for.
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (!reader.ValueTextEquals(name))
        {
            return false;
        }

        JsonFields.Next(ref reader);
        return true;
    }

    private static string ReadType(ref Utf8JsonReader reader)
    {
        foreach (string type in s_types)
        {
            if (reader.ValueTextEquals(type))
            {
                return type;
            }
        }

        return JsonFields.Text(ref reader);
    }

    private static List<ObjectId>? ReadContent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        JsonFields.Expect(ref reader, JsonTokenType.StartArray, "content");
        List<ObjectId> content = [];
        while (JsonFields.NextElement(ref reader))
        {
            content.Add(JsonFields.Id(ref reader));
        }

        return content;
    }

    private static List<Xattr> ReadExtendedAttributes(ref Utf8JsonReader reader)
    {
        List<Xattr> attributes = [];
        JsonFields.Expect(ref reader, JsonTokenType.StartArray, "extended_attributes");
        while (JsonFields.NextElement(ref reader))
        {
            JsonFields.Expect(ref reader, JsonTokenType.StartObject, "extended attribute");
            byte[] name = [];
            byte[]? value = null;
            while (JsonFields.NextMember(ref reader))
            {
                if (Is(ref reader, "name"u8))
                {
                    name = JsonFields.Bytes(ref reader);
                }
                else if (Is(ref reader, "value"u8))
                {
                    value = reader.TokenType == JsonTokenType.Null ? null : reader.GetBytesFromBase64();
                }
                else
                {
                    JsonFields.Next(ref reader);
                    reader.Skip();
                }
            }

            attributes.Add(new Xattr(name, value is null ? null : new ReadOnlyMemory<byte>(value)));
        }

        return attributes;
    }

    private static byte[] ReadRaw(ref Utf8JsonReader reader)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return System.Text.Encoding.UTF8.GetBytes(document.RootElement.GetRawText());
    }
}
