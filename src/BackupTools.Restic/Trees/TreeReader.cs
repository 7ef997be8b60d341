using System.Text.Json;
using BackupTools.Restic.Json;

namespace BackupTools.Restic.Trees;

/// <summary>Decodes a tree's nodes one after the other, as they are asked for. Fields that are not known are passed over.</summary>
public static class TreeReader
{
    private static readonly JsonReaderOptions s_options = new() { CommentHandling = JsonCommentHandling.Disallow };

    /// <summary>Reads the nodes of a tree.</summary>
    /// <param name="tree">The tree's blob.</param>
    /// <returns>The nodes in their order. Reading them throws <see cref="RepositoryDataException"/> where the blob is no tree.</returns>
    public static IEnumerable<TreeNode> Read(ReadOnlyMemory<byte> tree)
    {
        JsonReaderState state = new(s_options);
        int position = 0;
        bool inNodes = false;
        while (ReadNext(tree, ref position, ref state, ref inNodes) is TreeNode node)
        {
            yield return node;
        }
    }

    // A reader cannot be kept from one node to the next: it is made anew where the last one stopped.
    private static TreeNode? ReadNext(
        ReadOnlyMemory<byte> tree, ref int position, ref JsonReaderState state, ref bool inNodes)
    {
        Utf8JsonReader reader = new(tree.Span[position..], isFinalBlock: true, state);
        try
        {
            TreeNode? node = null;
            while (node is null && reader.Read())
            {
                if (inNodes)
                {
                    inNodes = reader.TokenType != JsonTokenType.EndArray;
                    node = inNodes ? TreeNodeReader.Read(ref reader) : null;
                }
                else if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    inNodes = reader.ValueTextEquals("nodes"u8);
                    JsonFields.Next(ref reader);
                    if (!inNodes)
                    {
                        reader.Skip();
                    }
                    else if (reader.TokenType != JsonTokenType.StartArray)
                    {
                        throw JsonFields.Unexpected("nodes");
                    }
                }
                else if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
                {
                    throw JsonFields.Unexpected("tree");
                }
            }

            position += (int)reader.BytesConsumed;
            state = reader.CurrentState;
            return node;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new RepositoryDataException($"A tree cannot be read: {e.Message}", e);
        }
    }
}
