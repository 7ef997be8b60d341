using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores.Repositories;
using BackupTools.Core.Tests.Restore;
using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Snapshots;
using BackupTools.Restic.Trees;

namespace BackupTools.Core.Tests.Stores.Repositories;

public sealed class ParentSnapshotTests : IDisposable
{
    private readonly RepositoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_file_that_looks_as_before_is_not_read_again_and_one_that_was_touched_is()
    {
        string source = _scene.MakeTree("state", ("kept.txt", "content"), ("touched.txt", "content"));
        WaitUntilSettled(Path.Join(source, "kept.txt"), Path.Join(source, "touched.txt"));
        StoredSnapshot first = _scene.Take(source);
        Falsify(first, "decoy !"u8.ToArray());
        File.SetLastWriteTimeUtc(Path.Join(source, "touched.txt"), DateTime.UtcNow);
        _scene.Take(source);
        _scene.Restore(_scene.Store, _scene["restored"]);

        // What the snapshot before says stands for what was not read.
        Assert.Equal("decoy !", File.ReadAllText(_scene["restored", "kept.txt"]));
        Assert.Equal("content", File.ReadAllText(_scene["restored", "touched.txt"]));
    }

    [Fact]
    public void A_file_that_changed_just_before_the_last_snapshot_is_read_again()
    {
        string source = _scene.MakeTree("state", ("new.txt", "content"));
        Falsify(_scene.Take(source), "decoy !"u8.ToArray());
        _scene.Take(source);
        _scene.Restore(_scene.Store, _scene["restored"]);
        Assert.Equal("content", File.ReadAllText(_scene["restored", "new.txt"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_database_is_skipped_only_while_neither_it_nor_its_log_has_changed(bool isAlone)
    {
        Directory.CreateDirectory(_scene["state"]);
        string live = _scene.MakeDatabase("live.db", 100, wal: true);
        string database = _scene["state", "app.db"];
        string source = isAlone ? database : _scene["state"];

        // What a process leaves that is killed, because no other program in this one may have it open.
        using Core.Sources.Sqlite.SqliteConnection writer = TestDatabase.Open(live);
        writer.Execute("PRAGMA wal_autocheckpoint=0");
        writer.Execute("INSERT INTO t(y) VALUES('in the log')");
        RestoreScene.Shell("cp", live, database);
        RestoreScene.Shell("cp", live + "-wal", database + "-wal");
        RestoreScene.Shell("cp", live + "-shm", database + "-shm");
        WaitUntilSettled(database, database + "-wal");
        SnapshotManifest first = _scene.Take(source).Manifest;
        SnapshotManifest same = _scene.Take(source).Manifest;
        Assert.NotNull(first.Databases![0].SourceState);
        Assert.Equal(first.Databases[0].SourceState, same.Databases![0].SourceState);
        Assert.Equal(first.Sha256, same.Sha256);

        // A commit into the log changes neither size nor time of the file.
        writer.Execute("INSERT INTO t(y) VALUES('in the log, too')");
        RestoreScene.Shell("cp", live + "-wal", database + "-wal");
        RestoreScene.Shell("cp", live + "-shm", database + "-shm");
        _scene.Take(source);
        _scene.Restore(_scene.Store, _scene["restored"]);
        Assert.Equal("102", RestoreScene.Count(isAlone ? _scene["restored"] : _scene["restored", "app.db"]));
    }

    [Fact]
    public void What_the_index_has_lost_is_read_and_stored_again()
    {
        string source = _scene.MakeTree("state", ("kept.txt", "content"));
        WaitUntilSettled(Path.Join(source, "kept.txt"));
        _scene.Take(source);
        foreach (string index in _scene.Files("index"))
        {
            File.Delete(index);
        }

        StoredSnapshot second = _scene.Take(source);
        _scene.Restore(second.SnapshotPath, _scene["restored"]);
        Assert.Equal("content", File.ReadAllText(_scene["restored", "kept.txt"]));
    }

    // What changed within the last second may change again without a trace.
    private static void WaitUntilSettled(params string[] files)
    {
        foreach (string file in files)
        {
            using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(file)!);
            Assert.True(directory.TryGetStatus(EntryName.FromText(Path.GetFileName(file)), out FileStatus status));
            while (DateTime.UtcNow - status.Changed.ToDateTime() < TimeSpan.FromSeconds(1.1))
            {
                Thread.Yield();
            }
        }
    }

    /// <summary>Puts a snapshot in the place of another, in which each file of the source has another content.</summary>
    private void Falsify(StoredSnapshot snapshot, byte[] decoy)
    {
        using Repository repository = Repository.Open(new LocalBackend(_scene.Store), RepositoryScene.Password);
        using (RepositoryLock held = repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero))
        {
            repository.LoadIndex();
            SnapshotRecord record = repository.LoadSnapshot(ObjectId.Parse(snapshot.Manifest.Snapshot));
            ObjectId content = repository.SaveBlob(BlobType.Data, decoy).Id;
            ObjectId Copy(ObjectId tree)
            {
                TreeBuilder copy = new();
                foreach (TreeNode node in repository.LoadTree(tree))
                {
                    bool isManifest = node.Name.Span.SequenceEqual(TravellingManifest.DirectoryName.Bytes);
                    copy.Add(isManifest ? node
                        : node.Subtree is { } subtree ? node with { Subtree = Copy(subtree) }
                        : node with { Content = [content] });
                }

                return repository.SaveTree(copy).Id;
            }

            repository.SaveSnapshot(record with { Tree = Copy(record.Tree) });
            repository.RemoveSnapshot(record.Id, held);
        }
    }
}
