using BackupTools.Restic.Json;

namespace BackupTools.Restic.Trees;

/// <summary>Encodes a directory's nodes as they come, byte for byte as restic does, so that equal trees have equal ids.</summary>
public sealed class TreeBuilder
{
    private readonly JsonText _json = new();
    private byte[] _last = [];

    /// <summary>Begins an empty tree.</summary>
    public TreeBuilder() => _json.Raw("{\"nodes\":["u8);

    /// <summary>How many nodes have been added.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a node behind the others: nodes are ordered by the bytes of their names, and no name occurs twice.</summary>
    /// <param name="node">The node.</param>
    /// <exception cref="ArgumentException">The name is empty, or does not come behind the last one.</exception>
    public void Add(TreeNode node)
    {
        if (node.Name.Span.SequenceCompareTo(_last) <= 0)
        {
            throw new ArgumentException(
                "The nodes of a tree must be ordered by name, without repetition.", nameof(node));
        }

        if (Count > 0)
        {
            _json.Raw(","u8);
        }

        Count++;
        _last = node.Name.ToArray();
        Write(node);
    }

    /// <summary>Ends the tree.</summary>
    /// <returns>The blob; valid until the builder is used again.</returns>
    public ReadOnlyMemory<byte> Finish()
    {
        _json.Raw("]}\n"u8);
        return _json.Written;
    }

    private void Write(TreeNode node)
    {
        ReadOnlySpan<byte> name = node.Name.Span;
        _json.Raw("{\"name\":"u8).String(QuotedName.IsPlain(name) ? name : QuotedName.Quote(name));
        _json.Raw(",\"type\":"u8).String(node.Type);
        WriteNumber(",\"mode\":"u8, node.Mode);
        _json.Raw(",\"mtime\":"u8).Time(node.ModifiedAt);
        _json.Raw(",\"atime\":"u8).Time(node.AccessedAt);
        _json.Raw(",\"ctime\":"u8).Time(node.ChangedAt);
        _json.Raw(",\"uid\":"u8).Number(node.UserId);
        _json.Raw(",\"gid\":"u8).Number(node.GroupId);
        WriteText(",\"user\":"u8, node.User);
        WriteText(",\"group\":"u8, node.Group);
        WriteNumber(",\"inode\":"u8, node.Inode);
        WriteNumber(",\"device_id\":"u8, node.DeviceId);
        WriteNumber(",\"size\":"u8, node.Size);
        WriteNumber(",\"links\":"u8, node.Links);
        WriteLinkTarget(node.LinkTarget.Span);
        WriteExtendedAttributes(node.ExtendedAttributes);
        if (!node.GenericAttributes.IsEmpty)
        {
            _json.Raw(",\"generic_attributes\":"u8).Raw(node.GenericAttributes.Span);
        }

        WriteNumber(",\"device\":"u8, node.Device);
        WriteContent(node.Content);
        if (node.Subtree is ObjectId subtree)
        {
            _json.Raw(",\"subtree\":"u8).Id(subtree);
        }

        WriteText(",\"error\":"u8, node.Error);
        _json.Raw("}"u8);
    }

    private void WriteNumber(ReadOnlySpan<byte> member, ulong value)
    {
        if (value != 0)
        {
            _json.Raw(member).Number(value);
        }
    }

    private void WriteText(ReadOnlySpan<byte> member, string value)
    {
        if (value.Length > 0)
        {
            _json.Raw(member).String(value);
        }
    }

    private void WriteLinkTarget(ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty)
        {
            return;
        }

        _json.Raw(",\"linktarget\":"u8).String(target);
        if (!System.Text.Unicode.Utf8.IsValid(target))
        {
            _json.Raw(",\"linktarget_raw\":"u8).Base64(target);
        }
    }

    private void WriteExtendedAttributes(IReadOnlyList<Xattr> attributes)
    {
        for (int i = 0; i < attributes.Count; i++)
        {
            _json.Raw(i == 0 ? ",\"extended_attributes\":[{\"name\":"u8 : ",{\"name\":"u8).String(attributes[i].Name.Span);
            _json.Raw(",\"value\":"u8);
            if (attributes[i].Value is ReadOnlyMemory<byte> value)
            {
                _json.Base64(value.Span).Raw("}"u8);
            }
            else
            {
                _json.Raw("null}"u8);
            }
        }

        if (attributes.Count > 0)
        {
            _json.Raw("]"u8);
        }
    }

    private void WriteContent(IReadOnlyList<ObjectId>? content)
    {
        if (content is null)
        {
            _json.Raw(",\"content\":null"u8);
            return;
        }

        _json.Raw(",\"content\":["u8);
        for (int i = 0; i < content.Count; i++)
        {
            _json.Raw(i == 0 ? default : ","u8).Id(content[i]);
        }

        _json.Raw("]"u8);
    }
}
