using System.Collections.Concurrent;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Locks;
using BackupTools.Restic.Maintenance;
using BackupTools.Restic.Snapshots;

namespace BackupTools.Restic.Tests;

/// <summary>Checking a repository of many packs and several index files.</summary>
public sealed class CheckTests : IDisposable
{
    private const int Snapshots = 4;

    // Small packs, so that few bytes make many.
    private static readonly RepositoryOptions s_options = RepositoryScene.Options with { PackSize = 60_000 };

    private readonly RepositoryScene _scene = new();
    private readonly List<SnapshotRecord> _snapshots = [];
    private readonly WatchedBackend _backend;
    private readonly Repository _repository;

    public CheckTests()
    {
        _scene.Create(s_options).Dispose();
        for (int i = 0; i < Snapshots; i++)
        {
            using LockedRepository open = _scene.OpenLocked(RepositoryLockMode.Shared, s_options);
            Dictionary<string, byte[]> files = Enumerable.Range(0, 20)
                .ToDictionary(n => $"{n}.bin", n => MakeRandom((100 * i) + n), StringComparer.Ordinal);
            _snapshots.Add(SampleTree.Save(open.Repository, files));
        }

        _backend = new WatchedBackend(_scene.Path);
        _repository = Repository.Open(_backend, ResticProgram.Password);
    }

    public void Dispose()
    {
        _repository.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public void Everything_is_read_once_and_found_sound()
    {
        ConcurrentDictionary<ObjectId, long> read = [];
        _backend.Reading = (file, offset, length) =>
        {
            if (file.Type == RepositoryFileType.Pack && offset == 0)
            {
                read.AddOrUpdate(file.Id, 1, static (_, times) => times + 1);
            }
        };
        CheckReport report = Check();
        Assert.True(report.IsSound, string.Join('\n', report.Damages));
        Assert.Empty(report.Notes);
        Assert.Equal(Snapshots, report.Snapshots);
        Assert.Equal(GetFiles("data").Length, report.PacksRead);
        Assert.Equal(report.PacksRead, read.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_blob_is_told_once_and_its_snapshot_named(bool ofTree)
    {
        // The walk goes on beside the reading of packs; what it finds has to be what it finds behind it.
        BlobType type = ofTree ? BlobType.Tree : BlobType.Data;
        string pack = Flip(type);
        CheckReport report = Check();
        Damage ofFile = Assert.Single(report.Damages, static damage => damage.Snapshot is null && damage.Message.Contains("damaged", StringComparison.Ordinal));
        Assert.Equal(Path.GetFileName(pack), ofFile.File!.Value.Id.ToString());
        Damage ofSnapshot = Assert.Single(report.Damages, static damage => damage.Snapshot is not null);
        Assert.Contains(ofSnapshot.Snapshot!.Value, _snapshots.Select(static snapshot => snapshot.Id));
        Assert.Contains("cannot be read", ofSnapshot.Message, StringComparison.Ordinal);
        Assert.Single(report.DamagedSnapshots);
    }

    [Fact]
    public void Of_several_index_files_the_damaged_one_is_told_and_the_others_serve()
    {
        string[] indexes = GetFiles("index");
        Assert.InRange(indexes.Length, Snapshots, 100);
        Overwrite(indexes[1], 50);
        Damage damage = Assert.Single(_repository.LoadIndex());
        Assert.Equal(Path.GetFileName(indexes[1]), damage.File!.Value.Id.ToString());
        Assert.Single(Check().DamagedSnapshots);
    }

    [Fact]
    public void The_index_is_read_again_unless_it_was_just_now()
    {
        Assert.Empty(_repository.LoadIndex());
        Overwrite(GetFiles("index")[0], 50);
        Assert.True(Check(trust: true).IsSound);
        Assert.Single(Check().DamagedSnapshots);
        Assert.Single(_repository.LoadIndex());
        Assert.Single(Check(trust: true).DamagedSnapshots);
    }

    [Theory]
    [InlineData(RepositoryFileType.Pack)]
    [InlineData(RepositoryFileType.Snapshot)]
    [InlineData(RepositoryFileType.Index)]
    public void Cancelled_it_reads_no_further(RepositoryFileType at)
    {
        using CancellationTokenSource cancellation = new();
        ConcurrentBag<ObjectId> after = [];
        _backend.Reading = (file, _, _) =>
        {
            if (cancellation.IsCancellationRequested && file.Type == RepositoryFileType.Pack)
            {
                after.Add(file.Id);
            }

            if (file.Type == at)
            {
                cancellation.Cancel();
            }
        };
        Assert.ThrowsAny<OperationCanceledException>(() => Check(cancellation: cancellation.Token));
        int read = after.Count;
        Assert.InRange(after.Distinct().Count(), 0, Math.Max(2, Environment.ProcessorCount) + 1);
        Assert.Equal(read, after.Count);
    }

    [Fact]
    public void What_ends_the_walk_ends_the_reading_of_packs()
    {
        ConcurrentBag<ObjectId> packs = [];
        using ManualResetEventSlim failed = new();
        _backend.Reading = (file, _, _) =>
        {
            if (file.Type == RepositoryFileType.Snapshot)
            {
                failed.Set();
                throw new UnauthorizedAccessException("Not this one.");
            }

            if (file.Type == RepositoryFileType.Pack)
            {
                packs.Add(file.Id);
                failed.Wait();
            }
        };
        Assert.Equal("Not this one.", Assert.Throws<UnauthorizedAccessException>(() => Check()).Message);
        Assert.InRange(packs.Distinct().Count(), 0, GetFiles("data").Length / 2);
    }

    private static byte[] MakeRandom(int seed)
    {
        byte[] bytes = new byte[20_000];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private CheckReport Check(bool trust = false, CancellationToken cancellation = default) => _repository.Check(
        new CheckOptions { ReadData = true, TrustsLoadedIndex = trust }, exclusive: null, progress: null, cancellation);

    private string[] GetFiles(string kind) =>
        [.. Directory.GetFiles(Path.Join(_scene.Path, kind), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    // In the middle of a blob of that kind.
    private string Flip(BlobType type)
    {
        _repository.LoadIndex();
        Assert.NotNull(_repository.LoadedIndex);
        Indexes.BlobTable table = _repository.LoadedIndex.Table;
        int number = Enumerable.Range(0, table.Count).First(i => table.GetBlob(i).Handle.Type == type);
        string name = table.GetPack(number).Id.ToString();
        string pack = Path.Join(_scene.Path, "data", name[..2], name);
        Overwrite(pack, table.GetBlob(number).Offset + 20);
        return pack;
    }

    private static void Overwrite(string file, long offset)
    {
        File.SetAttributes(file, FileAttributes.Normal);
        using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 1));
    }
}
