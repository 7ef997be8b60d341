using System.Security.Cryptography;
using System.Text;
using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Tests.Stores;

/// <summary>A store of a test's own, with snapshots made by the store's writer or by hand.</summary>
internal sealed class TestStore : IDisposable
{
    public static readonly DateTime Start = new(2026, 11, 21, 3, 42, 18, 123, DateTimeKind.Utc);

    private readonly TemporaryDirectory _temporary = new();

    public TestStore()
    {
        Path = _temporary["backups"];
        Store = FolderStore.OpenOrCreate(Path);
    }

    public string Path { get; }

    public FolderStore Store { get; }

    public string this[string name] => System.IO.Path.Join(Path, name);

    /// <summary>All names in the store but the lock file, sorted.</summary>
    public string[] Names =>
    [
        .. Directory.EnumerateFileSystemEntries(Path)
            .Select(path => System.IO.Path.GetFileName(path)!)
            .Where(name => name != StoreLock.FileName)
            .Order(StringComparer.Ordinal),
    ];

    public static SnapshotManifest DatabaseManifest(string payload, string name, DateTime createdAt, byte[] content) => new()
    {
        Id = Guid.CreateVersion7().ToString(),
        Kind = SnapshotKind.Sqlite,
        Name = name,
        Snapshot = payload,
        CreatedAt = createdAt,
        Source = "/data/app.db",
        SourceDb = "/data/app.db",
        Host = Environment.MachineName,
        Tool = "backuptools",
        Version = "0.1.0",
        Bytes = content.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)),
        Check = new SnapshotCheck("quick", CheckResult.Ok),
    };

    public static SnapshotManifest DirectoryManifest(string name, DateTime createdAt) => new()
    {
        Id = Guid.CreateVersion7().ToString(),
        Kind = SnapshotKind.Directory,
        Name = name,
        Snapshot = string.Empty,
        CreatedAt = createdAt,
        Source = "/data/state",
        Host = Environment.MachineName,
        Tool = "backuptools",
        Version = "0.1.0",
        Bytes = 0,
    };

    public StoredSnapshot AddDatabase(
        string name = "app", DateTime? createdAt = null, Func<SnapshotManifest, SnapshotManifest>? change = null)
    {
        DateTime time = createdAt ?? Start;
        byte[] content = Encoding.UTF8.GetBytes($"content of {name} at {time:O}");
        using FolderSnapshotWriter writer = Store.Create(name, SnapshotKind.Sqlite, time);
        string scratch = System.IO.Path.Join(writer.ScratchPath, "copy.db");
        File.WriteAllBytes(scratch, content);
        StoredContent stored = writer.StoreDatabase(scratch, null, default);
        Assert.True(TreePath.TryCreate("copy.db", out TreePath path));
        ListingEntry entry = new() { Path = path, Type = EntryType.File, Bytes = stored.Bytes, Sha256 = stored.Sha256 };
        writer.AdoptDatabase(entry, scratch);
        SnapshotManifest manifest = DatabaseManifest(writer.PayloadName, name, time, content);
        return writer.Publish(change is null ? manifest : change(manifest));
    }

    /// <summary>Adds a directory snapshot with files of the given paths, each holding its own path.</summary>
    public StoredSnapshot AddDirectory(
        string name = "state",
        DateTime? createdAt = null,
        IReadOnlyList<string>? files = null,
        Func<SnapshotManifest, SnapshotManifest>? change = null)
    {
        DateTime time = createdAt ?? Start;
        using FolderSnapshotWriter writer = Store.Create(name, SnapshotKind.Directory, time);
        WriteTree(writer, files ?? ["a/b/deep.txt", "a/x.txt", "b.txt"]);
        SnapshotManifest manifest = DirectoryManifest(name, time);
        return writer.Publish(change is null ? manifest : change(manifest));
    }

    public static void WriteTree(ISnapshotWriter writer, IReadOnlyList<string> files)
    {
        using IListingPart listing = writer.CreateListingPart();
        SortedDictionary<TreePath, bool> paths = new() { [TreePath.Root] = true };
        foreach (string file in files)
        {
            Assert.True(TreePath.TryCreate(file, out TreePath path));
            paths.Add(path, false);
            for (TreePath parent = path.Parent; !parent.IsRoot; parent = parent.Parent)
            {
                paths[parent] = true;
            }
        }

        Dictionary<TreePath, IPayloadDirectory> directories = new() { [TreePath.Root] = writer.Root };
        foreach ((TreePath path, bool isDirectory) in paths)
        {
            byte[] content = path.Bytes.ToArray();
            if (isDirectory && !path.IsRoot)
            {
                directories[path] = directories[path.Parent].CreateDirectory(path.Name);
            }
            else if (!isDirectory)
            {
                using IPayloadFile file = directories[path.Parent].CreateFile(path.Name);
                Fill(file, content);
            }

            listing.Add(new ListingEntry
            {
                Path = path,
                Type = isDirectory ? EntryType.Directory : EntryType.File,
                Bytes = isDirectory ? 0 : content.Length,
                Sha256 = isDirectory ? null : Convert.ToHexStringLower(SHA256.HashData(content)),
                Modified = new Timestamp(1_700_000_000, 123),
            });
        }

        foreach ((TreePath path, IPayloadDirectory directory) in directories)
        {
            if (!path.IsRoot)
            {
                directory.Dispose();
            }
        }

        writer.AddListing(listing);
    }

    /// <summary>Fills a payload's file as from a source whose file was read at once.</summary>
    public static void Fill(IPayloadFile file, byte[] content)
    {
        byte[] buffer = new byte[content.Length + 1];
        content.CopyTo(buffer, 0);
        file.Store(new SourceContent(null!, content.Length, buffer, content.Length), static _ => { }, default);
    }

    /// <summary>Writes a published database snapshot by hand, its manifest's text changed at will.</summary>
    public void WriteByHand(string stem, Func<string, string>? change = null, string? kind = null)
    {
        byte[] content = Encoding.UTF8.GetBytes("by hand " + stem);
        File.WriteAllBytes(this[stem + ".db"], content);
        SnapshotManifest manifest = DatabaseManifest(stem + ".db", "app", Start, content);
        string text = Encoding.UTF8.GetString(ManifestFile.Serialize(kind is null ? manifest : manifest with { Kind = kind }));
        File.WriteAllText(this[stem + ".manifest.json"], change is null ? text : change(text));
    }

    public StoreLock Lock() => Store.Lock(LockMode.Exclusive, TimeSpan.Zero, CancellationToken.None);

    public void Dispose()
    {
        Store.Dispose();
        _temporary.Dispose();
    }
}
