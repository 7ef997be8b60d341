using System.Security.Cryptography;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Tests.FileSystem;

public sealed class HashedWriterTests : IDisposable
{
    private const int BlockSize = 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<int, int> MethodsAndSizes()
    {
        TheoryData<int, int> data = [];
        foreach (WriteMethod method in Enum.GetValues<WriteMethod>())
        {
            foreach (int size in new[] { 0, 1, 4095, 4096, 4097, BlockSize, BlockSize + 512, (19 * BlockSize) + 4096, (19 * BlockSize) + 77 })
            {
                data.Add((int)method, size);
            }
        }

        return data;
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(MethodsAndSizes))]
    public void What_is_written_is_what_was_given_and_has_its_hash(int method, int size)
    {
        byte[] content = Bytes(size);
        using (DirectoryHandle directory = DirectoryHandle.Open(_directory.Path))
        using (FileHandle file = directory.CreateFile(EntryName.FromText("file"), 0x180))
        using (HashedWriter writer = new(file, (WriteMethod)method))
        {
            writer.Append(content, default);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), writer.Finish());
            Assert.Equal(size, writer.Position);
        }

        Assert.Equal(content, File.ReadAllBytes(Path.Join(_directory.Path, "file")));
    }

    [Theory]
    [InlineData(3 * BlockSize)]
    [InlineData((17 * BlockSize) + 5)]
    public void A_file_that_is_copied_directly_is_as_long_as_it_was_when_read_not_as_it_was_first_seen(int size)
    {
        byte[] content = Bytes(size);
        string source = Path.Join(_directory.Path, "source");
        File.WriteAllBytes(source, content);
        using DirectoryHandle directory = DirectoryHandle.Open(_directory.Path);
        using FileHandle from = directory.OpenFile(EntryName.FromText("source"));
        using FileHandle to = directory.CreateFile(EntryName.FromText("copy"), 0x180);
        bool isCut = false;
        (long bytes, string hash) = HashedCopy.Run(from, [], to, WriteMethod.Direct, done =>
        {
            if (!isCut)
            {
                isCut = true;
                using FileStream cut = new(source, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                cut.SetLength(2 * BlockSize);
            }
        }, default);
        Assert.Equal(2 * BlockSize, bytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content.AsSpan(0, 2 * BlockSize))), hash);
        Assert.Equal(content[..(2 * BlockSize)], File.ReadAllBytes(Path.Join(_directory.Path, "copy")));
    }

    [Theory]
    [InlineData((int)WriteMethod.Inline)]
    [InlineData((int)WriteMethod.Behind)]
    [InlineData((int)WriteMethod.Direct)]
    public void An_error_of_the_disk_reaches_the_caller_and_nobody_waits_for_ever(int method)
    {
        string path = Path.Join(_directory.Path, "file");
        File.WriteAllBytes(path, []);
        using DirectoryHandle directory = DirectoryHandle.Open(_directory.Path);

        // Open for reading only, so each write fails.
        using FileHandle file = directory.OpenFile(EntryName.FromText("file"));
        using HashedWriter writer = new(file, (WriteMethod)method);
        Assert.Throws<FileSystemException>(() =>
        {
            writer.Append(Bytes(20 * BlockSize), default);
            writer.Finish();
        });
        Assert.Equal(0, new FileInfo(path).Length);
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
