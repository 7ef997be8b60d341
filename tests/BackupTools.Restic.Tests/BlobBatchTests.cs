using BackupTools.Restic.Blobs;
using BackupTools.Restic.Indexes;

namespace BackupTools.Restic.Tests;

/// <summary>Blobs that are loaded many at a time.</summary>
public sealed class BlobBatchTests : IDisposable
{
    private const int Count = 200;
    private const int PieceLength = 3000;

    private readonly RepositoryScene _scene = new();
    private readonly List<byte[]> _pieces = [];
    private readonly List<ObjectId> _ids = [];
    private readonly WatchedBackend _backend;
    private readonly Repository _repository;
    private int _reads;

    public BlobBatchTests()
    {
        // Several packs, and pieces in no particular order in them.
        RepositoryOptions options = RepositoryScene.Options with { PackSize = 150_000 };
        _scene.Create(options).Dispose();
        using (LockedRepository open = _scene.OpenLocked(options: options))
        {
            Random random = new(1);
            for (int i = 0; i < Count; i++)
            {
                byte[] piece = new byte[PieceLength + i];
                random.NextBytes(piece);
                _pieces.Add(piece);
                _ids.Add(open.Repository.SaveBlob(BlobType.Data, piece).Id);
            }

            open.Repository.Flush();
        }

        _backend = new WatchedBackend(_scene.Path) { Reading = (_, _, _) => _reads++ };
        _repository = Repository.Open(_backend, ResticProgram.Password);
        Assert.Empty(_repository.LoadIndex());
        _reads = 0;
    }

    public void Dispose()
    {
        _repository.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public void Blobs_that_lie_together_are_read_together_and_come_to_their_places()
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        new Random(2).Shuffle(order);
        AssertLoads([.. order, order[0], order[5], order[5]], expectedFailed: []);
        Assert.InRange(_reads, 1, Count / 10);
    }

    [Fact]
    public void Of_blobs_that_lie_apart_no_more_is_read_than_of_each()
    {
        int read = 0;
        _backend.Reading = (_, _, length) => read += length;
        AssertLoads([0, 50, 100, 150], expectedFailed: []);
        Assert.InRange(read, 4 * PieceLength, 4 * (PieceLength + Count + 100));
    }

    [Fact]
    public void What_is_damaged_or_unknown_is_named_and_the_rest_is_there()
    {
        BlobTable table = _repository.LoadedIndex!.Table;
        int number = table.Find(new BlobHandle(BlobType.Data, _ids[70]));
        Change(table.GetPack(number).Id, stream => Flip(stream, table.GetBlob(number).Offset + 50));
        _ids[90] = ObjectId.Hash("never saved"u8);
        AssertLoads([.. Enumerable.Range(60, 40)], expectedFailed: [10, 30]);
        Assert.Throws<RepositoryDataException>(() => _repository.LoadBlob(BlobType.Data, _ids[70]));
    }

    [Fact]
    public void Of_a_pack_that_is_missing_or_shorter_what_is_there_is_loaded()
    {
        BlobTable table = _repository.LoadedIndex!.Table;
        ObjectId missing = table.Packs[0].Id;
        ObjectId shorter = table.Packs[1].Id;
        int[] all = [.. Enumerable.Range(0, Count)];
        uint half = (uint)new FileInfo(GetPath(shorter)).Length / 2;
        File.Delete(GetPath(missing));
        Change(shorter, stream => stream.SetLength(half));
        AssertLoads(all, [.. all.Where(i =>
        {
            int number = table.Find(new BlobHandle(BlobType.Data, _ids[i]));
            ObjectId pack = table.GetPack(number).Id;
            return pack == missing || (pack == shorter && table.GetBlob(number).End > half);
        })]);
    }

    private void AssertLoads(int[] numbers, int[] expectedFailed)
    {
        List<BlobPlace> places = [];
        int length = 0;
        foreach (int number in numbers)
        {
            places.Add(new BlobPlace(_ids[number], length, _pieces[number].Length));
            length += _pieces[number].Length;
        }

        byte[] content = new byte[length];
        Assert.Equal(expectedFailed, _repository.LoadBlobs(BlobType.Data, places.ToArray(), content).Order());
        for (int i = 0; i < numbers.Length; i++)
        {
            bool isThere = content.AsSpan(places[i].Start, places[i].Length).SequenceEqual(_pieces[numbers[i]]);
            Assert.Equal(!expectedFailed.Contains(i), isThere);
        }
    }

    private void Change(ObjectId pack, Action<FileStream> change)
    {
        File.SetAttributes(GetPath(pack), FileAttributes.Normal);
        using FileStream stream = new(GetPath(pack), FileMode.Open, FileAccess.ReadWrite);
        change(stream);
    }

    private static void Flip(FileStream stream, long offset)
    {
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 1));
    }

    private string GetPath(ObjectId pack) => Path.Join(_scene.Path, "data", pack.ToString()[..2], pack.ToString());
}
