using System.Security.Cryptography;
using System.Text;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Keys;
using BackupTools.Restic.Snapshots;
using BackupTools.Restic.Trees;

namespace BackupTools.Restic.Tests;

/// <summary>Snapshots made straight from bytes: which files there are is what the test says.</summary>
internal static class SampleTree
{
    private static readonly RepositoryTime s_time = RepositoryTime.FromUnix(1_700_000_000, 123_456_700);

    /// <summary>Content that compresses somewhat, the same for the same seed.</summary>
    public static byte[] MakeContent(int seed, int length)
    {
        StringBuilder text = new(length + 32);
        Random random = new(seed);
        while (text.Length < length)
        {
            text.Append("line ").Append(random.Next()).Append(" of ").Append(seed).Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    /// <summary>Saves files of a directory /sample, in pieces, and a snapshot of it.</summary>
    public static SnapshotRecord Save(
        Repository repository, IReadOnlyDictionary<string, byte[]> files, int pieceLength = 100_000, CancellationToken cancellation = default)
    {
        TreeBuilder tree = new();
        foreach ((string name, byte[] content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            ObjectId[] pieces =
            [
                .. content.Chunk(pieceLength).Select(p => repository.SaveBlob(BlobType.Data, p, cancellation).Id),
            ];
            tree.Add(MakeNode(name, NodeTypes.File, node =>
            {
                node.Mode = NodeMode.FromUnix(0x81A4);
                node.Size = (ulong)content.Length;
                node.Links = 1;
                node.Content = pieces;
            }));
        }

        TreeBuilder root = new();
        ObjectId sample = repository.SaveTree(tree, cancellation).Id;
        root.Add(MakeNode("sample", NodeTypes.Directory, node =>
        {
            node.Mode = NodeMode.FromUnix(0x41ED);
            node.Subtree = sample;
        }));
        SnapshotRecord snapshot = new()
        {
            Time = RepositoryTime.Now,
            Tree = repository.SaveTree(root, cancellation).Id,
            Paths = ["/sample"],
            HostName = HostIdentity.HostName,
            UserName = HostIdentity.UserName,
            ProgramVersion = "BackupTools test",
        };
        return repository.SaveSnapshot(snapshot, cancellation);
    }

    /// <summary>All files of a snapshot, by their paths.</summary>
    public static Dictionary<string, byte[]> Load(Repository repository, ObjectId snapshot)
    {
        Dictionary<string, byte[]> files = [];
        Collect(repository, repository.LoadSnapshot(snapshot).Tree, string.Empty, files);
        return files;
    }

    /// <summary>Files under a directory, by their paths.</summary>
    public static Dictionary<string, byte[]> ReadFiles(string root) =>
        Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .ToDictionary(path => "/" + Path.GetRelativePath(root, path), File.ReadAllBytes);

    /// <summary>That both are the same files with the same content.</summary>
    public static void AssertSame(IReadOnlyDictionary<string, byte[]> expected, IReadOnlyDictionary<string, byte[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, file => Assert.Equal(
            Convert.ToHexString(SHA256.HashData(file.Value)), Convert.ToHexString(SHA256.HashData(actual[file.Key]))));
    }

    private static TreeNode MakeNode(string name, string type, Action<TreeNode> fill)
    {
        TreeNode node = new()
        {
            Name = Encoding.UTF8.GetBytes(name),
            Type = type,
            ModifiedAt = s_time,
            AccessedAt = s_time,
            ChangedAt = s_time,
            UserId = HostIdentity.UserId,
            GroupId = HostIdentity.GroupId,
            User = HostIdentity.UserName,
        };
        fill(node);
        return node;
    }

    private static void Collect(Repository repository, ObjectId tree, string path, Dictionary<string, byte[]> files)
    {
        foreach (TreeNode node in repository.LoadTree(tree))
        {
            string name = $"{path}/{Encoding.UTF8.GetString(node.Name.Span)}";
            if (node.Subtree is ObjectId subtree)
            {
                Collect(repository, subtree, name, files);
            }
            else if (node.Content is not null)
            {
                files.Add(name, [.. node.Content.SelectMany(id => repository.LoadBlob(BlobType.Data, id))]);
            }
        }
    }
}
