using BackupTools.Restic.Backends;
using BackupTools.Restic.Compression;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Locks;

namespace BackupTools.Restic.Tests;

/// <summary>What is written when, and what is not written at all.</summary>
public sealed class OrderOfWritingTests : IDisposable
{
    private static readonly RepositoryOptions s_smallPacks = RepositoryScene.Options with { PackSize = 200_000 };

    private readonly RepositoryScene _scene = new();

    public OrderOfWritingTests() => _scene.Create().Dispose();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void Packs_come_before_the_index_that_tells_of_them_and_the_snapshot_comes_last()
    {
        RecordingBackend backend = new(new LocalBackend(_scene.Path));
        using (Repository repository = Repository.Open(backend, ResticProgram.Password, s_smallPacks))
        {
            using RepositoryLock held = repository.Lock(RepositoryLockMode.Shared, TimeSpan.Zero);
            repository.LoadIndex();
            SampleTree.Save(repository, MakeFiles());
        }

        RepositoryFile[] written = [.. backend.Calls.Where(static call => call is { IsRemoval: false, File.Type: not RepositoryFileType.Lock }).Select(static call => call.File)];
        Assert.InRange(written.Count(static file => file.Type == RepositoryFileType.Pack), 5, 100);
        Assert.Equal(RepositoryFileType.Snapshot, written[^1].Type);
        Assert.Single(written, static file => file.Type == RepositoryFileType.Snapshot);
        using LockedRepository open = _scene.OpenLocked();
        foreach (StoredFile index in open.Repository.ListFiles(RepositoryFileType.Index, CancellationToken.None))
        {
            int at = Array.IndexOf(written, new RepositoryFile(RepositoryFileType.Index, index.Id));
            IndexReading reading = open.Repository.ReadIndexFiles([index], null, CancellationToken.None);
            Assert.All(reading.Table.Packs, pack =>
                Assert.InRange(Array.IndexOf(written, new RepositoryFile(RepositoryFileType.Pack, pack.Id)), 0, at - 1));
        }
    }

    [Fact]
    public void Pruning_removes_a_pack_only_when_an_index_that_does_not_need_it_is_there_and_the_old_one_is_gone()
    {
        using (LockedRepository open = _scene.OpenLocked(RepositoryLockMode.Exclusive, s_smallPacks))
        {
            ObjectId gone = SampleTree.Save(open.Repository, MakeFiles()).Id;
            SampleTree.Save(open.Repository, MakeFiles().Where(static file => file.Key.EndsWith('0')).ToDictionary());
            open.Repository.RemoveSnapshot(gone, open.Lock);
        }

        RecordingBackend backend = new(new LocalBackend(_scene.Path));
        using Repository repository = Repository.Open(backend, ResticProgram.Password, s_smallPacks);
        using RepositoryLock held = repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero);
        repository.LoadIndex();
        Assert.InRange(repository.Prune(new Maintenance.PruneOptions { MaxUnusedPercent = 0 }, held).PacksRepacked, 1, 100);
        RepositoryFileType[] kinds = [RepositoryFileType.Pack, RepositoryFileType.Index];
        (bool IsRemoval, RepositoryFileType Type)[] calls =
            [.. backend.Calls.Where(call => kinds.Contains(call.File.Type)).Select(static call => (call.IsRemoval, call.File.Type))];
        (bool, RepositoryFileType)[] stages =
        [
            (false, RepositoryFileType.Pack), (false, RepositoryFileType.Index), (true, RepositoryFileType.Index), (true, RepositoryFileType.Pack),
        ];
        Assert.Equal(stages, calls.Where((call, i) => i == 0 || call != calls[i - 1]));
    }

    [SkippableFact]
    public void A_pack_that_does_not_hold_what_was_to_be_saved_is_not_written_and_no_snapshot_is_made()
    {
        IZstandard? zstandard = SystemZstandard.TryLoad();
        Skip.If(zstandard is null, "libzstd is not installed");
        FaultyZstandard faulty = new(zstandard);
        using (Repository repository = _scene.Open(s_smallPacks with { Zstandard = faulty }))
        {
            using RepositoryLock held = repository.Lock(RepositoryLockMode.Shared, TimeSpan.Zero);
            repository.LoadIndex();
            faulty.IsFaulty = true;
            Assert.Throws<RepositoryDataException>(() => SampleTree.Save(repository, MakeFiles()));
        }

        Assert.Empty(Files("data"));
        Assert.Empty(Files("index"));
        Assert.Empty(Files("snapshots"));
    }

    private string[] Files(string kind) => Directory.GetFiles(_scene["repository", kind], "*", SearchOption.AllDirectories);

    private static Dictionary<string, byte[]> MakeFiles() =>
        Enumerable.Range(0, 40).ToDictionary(static i => $"file{i:D3}", static i => SampleTree.MakeContent(i, 100_000));

    /// <summary>The system's library in a machine whose memory begins to fail.</summary>
    private sealed class FaultyZstandard(IZstandard inner) : IZstandard
    {
        public bool IsFaulty { get; set; }

        public string Version => inner.Version;

        public int CompressBound(int sourceLength) => inner.CompressBound(sourceLength);

        public int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
        {
            int length = inner.Compress(source, destination, level);
            if (IsFaulty)
            {
                destination[length / 2] ^= 1;
            }

            return length;
        }

        public void Decompress(ReadOnlySpan<byte> source, Span<byte> destination) => inner.Decompress(source, destination);

        public byte[] Decompress(ReadOnlySpan<byte> source, int maximumLength) => inner.Decompress(source, maximumLength);
    }
}
