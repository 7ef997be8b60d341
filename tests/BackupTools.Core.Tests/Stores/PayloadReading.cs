using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Tests.Stores;

/// <summary>Reads a payload's content as text, by way of a file of its own as every reader of it does.</summary>
internal static class PayloadReading
{
    public static string ReadFile(this ISnapshotReader reader, ListingEntry entry) =>
        Read((to, copy) => reader.CopyFile(entry, to, copy));

    public static string ReadFile(this ISnapshotReader reader, string path) => reader.ReadFile(Entry(path));

    public static string ReadDatabase(this ISnapshotReader reader) => Read((to, copy) => reader.CopyDatabase(to, copy));

    private static ListingEntry Entry(string path)
    {
        Assert.True(TreePath.TryCreate(path, out TreePath parsed));
        return new ListingEntry { Path = parsed, Type = EntryType.File };
    }

    private static string Read(Func<FileHandle, ContentCopy, CopiedContent> copy)
    {
        using TemporaryDirectory place = new();
        using DirectoryHandle directory = DirectoryHandle.Open(place.Path);
        using FileHandle file = directory.CreateFile(EntryName.FromText("read"), 0x180);
        CopiedContent copied = copy(file, new ContentCopy(new byte[ContentCopy.SmallFile + 1], WriteMethod.Inline, static _ => { }, default));
        string text = File.ReadAllText(place["read"]);
        Assert.Equal(Encoding.UTF8.GetByteCount(text), copied.Bytes);
        return text;
    }
}
