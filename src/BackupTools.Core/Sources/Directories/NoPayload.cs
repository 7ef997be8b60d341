using BackupTools.Core.FileSystem;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Directories;

/// <summary>Takes nothing: for a walk that only measures.</summary>
internal sealed class NoPayload : IPayloadDirectory
{
    public IPayloadDirectory CreateDirectory(EntryName name) => this;

    public KnownFile? FindKnown(EntryName name, in FileStatus status) => null;

    public IPayloadFile CreateFile(EntryName name) => throw new InvalidOperationException("A walk that measures copies nothing.");

    public void CreateSymlink(EntryName name, ReadOnlySpan<byte> target)
    {
    }

    public void CreateHardLink(TreePath first, EntryName name)
    {
    }

    public void DeleteFile(EntryName name)
    {
    }

    public StoredContent StoreDatabase(string scratchFile, string? sha256, CancellationToken cancellation) =>
        throw new InvalidOperationException("A walk that measures copies nothing.");

    public void AdoptDatabase(string scratchFile, EntryName name)
    {
    }

    public void Dispose()
    {
    }
}
