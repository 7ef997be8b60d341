using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Restic;
using BackupTools.Restic.Keys;
using BackupTools.Restic.Snapshots;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// Writes a snapshot into a repository: pieces as files are read, trees as the listing comes, the manifest at the root, and
/// the snapshot's own file last, when all else is durable. Dead before that, it leaves pieces that no snapshot needs, which
/// the next one may use and pruning removes.
/// </summary>
internal sealed class RepositorySnapshotWriter : ISnapshotWriter
{
    private const string Left = "No snapshot was made.";

    private readonly Repository _repository;
    private readonly string _store;
    private readonly ParentSnapshot? _parent;
    private readonly Action<bool> _ended;
    private readonly PieceWriter _pieces;
    private readonly SnapshotTree _tree;
    private readonly ScratchPlace _scratch = new();
    private readonly List<CapturedDatabase> _databases = [];
    private readonly List<string> _changed = [];
    private ListingEntry? _database;
    private long _files;
    private long _bytes;
    private bool _isPublished;

    /// <summary>Begins to write.</summary>
    /// <param name="repository">The repository, locked.</param>
    /// <param name="store">Its path.</param>
    /// <param name="parent">The last snapshot of the same source.</param>
    /// <param name="ended">
    /// Hears whether a snapshot was published; if not, what was on its way must not be taken as saved.
    /// </param>
    public RepositorySnapshotWriter(Repository repository, string store, ParentSnapshot? parent, Action<bool> ended)
    {
        _repository = repository;
        _store = store;
        _parent = parent;
        _ended = ended;
        _pieces = new PieceWriter(repository);
        _tree = new SnapshotTree(repository);
        Root = new RepositoryPayloadDirectory(_pieces, parent?.Root);
    }

    public string ScratchPath => _scratch.Path;

    public IPayloadDirectory Root { get; }

    public KnownDatabase? FindKnownDatabase() => _parent?.FindDatabase();

    public IListingPart CreateListingPart() => new ListingPart();

    public void AddListing(IListingPart part)
    {
        foreach (ListingEntry entry in ((ListingPart)part).Entries)
        {
            _tree.Add(entry, CancellationToken.None);
            Note(entry);
        }
    }

    public StoredContent StoreDatabase(string scratchFile, string? sha256, CancellationToken cancellation) =>
        _pieces.SaveDatabase(scratchFile, cancellation);

    public void AdoptDatabase(ListingEntry database, string? scratchFile)
    {
        _database = database;
        Note(database);
    }

    public StoredSnapshot Publish(SnapshotManifest manifest) => RepositoryErrors.Translate(_store, Left, () =>
    {
        // As precise as the manifest's text, so that it is the same when it is read again.
        DateTime createdAt = ToMilliseconds(manifest.CreatedAt);
        manifest = manifest with { CreatedAt = createdAt, Databases = _databases, ChangedWhileRead = _changed };
        SourceLayout layout = new(_repository, manifest);
        if (_database is not null)
        {
            layout.PlaceDatabase(_database);
        }
        else
        {
            (ListingEntry root, TreeBuilder tree) = _tree.Finish(CancellationToken.None);
            layout.PlaceDirectory(root, tree);
        }

        manifest = manifest with { Sha256 = layout.SourceTree.ToString() };
        byte[] text = ManifestFile.Serialize(manifest);
        SnapshotRecord saved = _repository.SaveSnapshot(new SnapshotRecord
        {
            Time = RepositoryTime.FromDateTime(createdAt),
            Parent = _parent?.Id,
            Tree = layout.SaveRoot(text),
            Paths = [manifest.Source],
            HostName = manifest.Host,
            UserName = HostIdentity.UserName,
            UserId = HostIdentity.UserId,
            GroupId = HostIdentity.GroupId,
            Tags = manifest.Tags,
            ProgramVersion = $"{manifest.Tool} {manifest.Version}",

            // As restic counts what it finds in the tree: every name of a file, and the manifest.
            Summary = new SnapshotSummary(_files + 1, _bytes + text.Length),
        });
        _isPublished = true;
        string path = RepositoryLocation.PathOf(_store, saved.Id.ToString());
        manifest = manifest with { Snapshot = saved.Id.ToString() };
        return new StoredSnapshot(manifest, path, path, ManifestInterpreter.StateOf(manifest));
    });

    public void Dispose()
    {
        _scratch.Dispose();
        _ended(_isPublished);
    }

    private static DateTime ToMilliseconds(DateTime time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond));

    private void Note(ListingEntry entry)
    {
        if (entry.Type == EntryType.File)
        {
            _files++;
            _bytes += entry.Bytes;
        }

        if (entry.Capture is { } capture)
        {
            _databases.Add(new CapturedDatabase
            {
                Path = entry.Path.Text,
                PathRaw = entry.Path.IsUnicode ? null : entry.Path.Bytes.ToArray(),
                Capture = capture,
                CapturedAt = entry.CapturedAt is { } time ? ToMilliseconds(time) : null,
                Check = entry.Check,
                SourceState = entry.SourceState,
            });
        }

        if (entry.ChangedWhileRead)
        {
            _changed.Add(entry.Path.Text);
        }
    }

    private sealed class ListingPart : IListingPart
    {
        public List<ListingEntry> Entries { get; } = [];

        public void Add(ListingEntry entry) => Entries.Add(entry);

        public void Dispose() => Entries.Clear();
    }
}
