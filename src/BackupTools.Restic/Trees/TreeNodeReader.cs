using System.Text.Json;
using BackupTools.Restic.Json;

namespace BackupTools.Restic.Trees;

/// <summary>Decodes a node.</summary>
internal static class TreeNodeReader
{
    /// <summary>Reads the object on whose beginning the reader stands.</summary>
    public static TreeNode Read(ref Utf8JsonReader reader)
    {
        JsonFields.Expect(ref reader, JsonTokenType.StartObject, "node");
        TreeNode node = new() { Name = default, Type = string.Empty };
        while (JsonFields.NextMember(ref reader))
        {
            ReadOnlySpan<byte> member = JsonFields.TakeName(ref reader);
            if (!ReadText(ref reader, member, node) && !ReadNumber(ref reader, member, node) && !ReadTimeOrId(ref reader, member, node)
                && !ReadStructure(ref reader, member, node))
            {
                reader.Skip();
            }
        }

        return node;
    }

    private static bool ReadText(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> member, TreeNode node)
    {
        if (member.SequenceEqual("name"u8))
        {
            byte[] name = JsonFields.Bytes(ref reader);
            node.Name = name.AsSpan().Contains((byte)'\\') ? QuotedName.Unquote(name) : name;
        }
        else if (member.SequenceEqual("type"u8))
        {
            node.Type = ReadType(ref reader);
        }
        else if (member.SequenceEqual("user"u8))
        {
            node.User = JsonFields.Text(ref reader);
        }
        else if (member.SequenceEqual("group"u8))
        {
            node.Group = JsonFields.Text(ref reader);
        }
        else if (member.SequenceEqual("linktarget"u8))
        {
            // Only a target that could not be told here is told in the other field, which comes behind this one.
            node.LinkTarget = JsonFields.Bytes(ref reader);
        }
        else if (member.SequenceEqual("linktarget_raw"u8))
        {
            node.LinkTarget = reader.GetBytesFromBase64();
        }
        else if (member.SequenceEqual("error"u8))
        {
            node.Error = JsonFields.Text(ref reader);
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool ReadNumber(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> member, TreeNode node)
    {
        if (member.SequenceEqual("mode"u8))
        {
            node.Mode = reader.GetUInt32();
        }
        else if (member.SequenceEqual("uid"u8))
        {
            node.UserId = reader.GetUInt32();
        }
        else if (member.SequenceEqual("gid"u8))
        {
            node.GroupId = reader.GetUInt32();
        }
        else if (member.SequenceEqual("inode"u8))
        {
            node.Inode = reader.GetUInt64();
        }
        else if (member.SequenceEqual("device_id"u8))
        {
            node.DeviceId = reader.GetUInt64();
        }
        else if (member.SequenceEqual("size"u8))
        {
            node.Size = reader.GetUInt64();
        }
        else if (member.SequenceEqual("links"u8))
        {
            node.Links = reader.GetUInt64();
        }
        else if (member.SequenceEqual("device"u8))
        {
            node.Device = reader.GetUInt64();
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool ReadTimeOrId(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> member, TreeNode node)
    {
        if (member.SequenceEqual("mtime"u8))
        {
            node.ModifiedAt = JsonFields.Time(ref reader);
        }
        else if (member.SequenceEqual("atime"u8))
        {
            node.AccessedAt = JsonFields.Time(ref reader);
        }
        else if (member.SequenceEqual("ctime"u8))
        {
            node.ChangedAt = JsonFields.Time(ref reader);
        }
        else if (member.SequenceEqual("subtree"u8))
        {
            node.Subtree = JsonFields.IdOrNull(ref reader);
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool ReadStructure(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> member, TreeNode node)
    {
        if (member.SequenceEqual("content"u8))
        {
            node.Content = ReadContent(ref reader);
        }
        else if (member.SequenceEqual("extended_attributes"u8))
        {
            node.ExtendedAttributes = ReadExtendedAttributes(ref reader);
        }
        else if (member.SequenceEqual("generic_attributes"u8))
        {
            node.GenericAttributes = ReadRaw(ref reader);
        }
        else
        {
            return false;
        }

        return true;
    }

    private static string ReadType(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("file"u8) ? NodeTypes.File
        : reader.ValueTextEquals("dir"u8) ? NodeTypes.Directory
        : reader.ValueTextEquals("symlink"u8) ? NodeTypes.Symlink
        : JsonFields.Text(ref reader);

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
                ReadOnlySpan<byte> member = JsonFields.TakeName(ref reader);
                if (member.SequenceEqual("name"u8))
                {
                    name = JsonFields.Bytes(ref reader);
                }
                else if (member.SequenceEqual("value"u8))
                {
                    value = reader.TokenType == JsonTokenType.Null ? null : reader.GetBytesFromBase64();
                }
                else
                {
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
