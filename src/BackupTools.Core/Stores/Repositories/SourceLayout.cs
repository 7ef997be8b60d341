using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Directories;
using BackupTools.Restic;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Keys;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// Lays a source out in a snapshot's tree as restic does, under its full path with the metadata of the directories above,
/// and the manifest beside the first of them.
/// </summary>
internal sealed class SourceLayout(Repository repository, SnapshotManifest manifest)
{
    private const int PieceLength = 1024 * 1024;
    private const int ManifestMode = 0x180;
    private const int ManifestDirectoryMode = 0x1c0;
    private const int DefaultMode = 0x1ed;

    private readonly IReadOnlyList<EntryName> _path = SourcePath.Components(manifest.Source);
    private readonly EntryMetadata _metadata = new();
    private IReadOnlyList<TreeNode> _top = [];

    /// <summary>The tree of a directory; of a database, the one of the directory that holds it, with nothing else in it.</summary>
    public ObjectId SourceTree { get; private set; }

    /// <summary>Puts a directory in its place.</summary>
    public void PlaceDirectory(ListingEntry root, TreeBuilder tree)
    {
        if (_path.Count == 0)
        {
            // The root of the file system: the manifest has to be set in.
            _top = [.. TreeReader.Read(tree.Finish())];
            SourceTree = RootTree.IdOf(_top);
            return;
        }

        SourceTree = repository.SaveTree(tree).Id;
        PlaceNode(NodeConversion.ToNode(root, _path[^1], SourceTree));
    }

    /// <summary>Puts a database in its place.</summary>
    public void PlaceDatabase(ListingEntry database)
    {
        TreeNode node = NodeConversion.ToNode(database, _path[^1], null);
        SourceTree = RootTree.IdOf([node]);
        PlaceNode(node);
    }

    /// <summary>Saves the root of the tree, with the manifest in it.</summary>
    public ObjectId SaveRoot(byte[] manifestText)
    {
        TreeNode file = OwnNode(TravellingManifest.FileName, EntryType.File, ManifestMode, null);
        file.Size = (ulong)manifestText.Length;
        List<ObjectId> pieces = [];
        for (int start = 0; start < manifestText.Length; start += PieceLength)
        {
            int length = Math.Min(PieceLength, manifestText.Length - start);
            pieces.Add(repository.SaveBlob(BlobType.Data, manifestText.AsSpan(start, length)).Id);
        }

        file.Content = pieces;
        TreeNode directory = OwnNode(TravellingManifest.DirectoryName, EntryType.Directory, ManifestDirectoryMode, SaveTree([file]));
        return repository.SaveTree(RootTree.With(_top, directory)).Id;
    }

    private void PlaceNode(TreeNode node)
    {
        string? above = manifest.Source;
        for (int depth = _path.Count - 1; depth > 0; depth--)
        {
            above = Path.GetDirectoryName(above);
            node = NodeConversion.ToNode(Look(above), _path[depth - 1], SaveTree([node]));
        }

        _top = [node];
    }

    private ObjectId SaveTree(IEnumerable<TreeNode> nodes) => repository.SaveTree(RootTree.Encode(nodes)).Id;

    private ListingEntry Look(string? directory)
    {
        try
        {
            using DirectoryHandle handle = DirectoryHandle.Open(directory ?? string.Empty);
            return _metadata.Create(TreePath.Root, handle.GetStatus(), handle.GetAttributes());
        }
        catch (FileSystemException)
        {
            // Only what lies in it is the source; whoever may go through it may not always look at it.
            return OwnEntry(EntryType.Directory, DefaultMode);
        }
    }

    private ListingEntry OwnEntry(EntryType type, int mode) => new()
    {
        Path = TreePath.Root,
        Type = type,
        Modified = Timestamp.FromDateTime(manifest.CreatedAt),
        Mode = mode,
        Uid = HostIdentity.UserId,
        Gid = HostIdentity.GroupId,
        Owner = HostIdentity.UserName,
    };

    private TreeNode OwnNode(EntryName name, EntryType type, int mode, ObjectId? subtree) =>
        NodeConversion.ToNode(OwnEntry(type, mode), name, subtree);
}
