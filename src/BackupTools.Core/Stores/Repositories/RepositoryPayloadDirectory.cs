using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// A directory on its way into a repository. Its tree is made out of the listing; here files give up their content.
/// </summary>
internal sealed class RepositoryPayloadDirectory(PieceWriter pieces, KnownDirectory? known) : IPayloadDirectory
{
    public IPayloadDirectory CreateDirectory(EntryName name) => new RepositoryPayloadDirectory(pieces, known?.Find(name));

    public KnownFile? FindKnown(EntryName name, in FileStatus status) => known?.Find(name, status);

    public IPayloadFile CreateFile(EntryName name) => new RepositoryPayloadFile(pieces);

    // Links stand in the listing.
    public void CreateSymlink(EntryName name, ReadOnlySpan<byte> target)
    {
    }

    public void CreateHardLink(TreePath first, EntryName name)
    {
    }

    // What was saved of it stays in no tree, until it is pruned.
    public void DeleteFile(EntryName name)
    {
    }

    public StoredContent StoreDatabase(string scratchFile, string? sha256, CancellationToken cancellation) =>
        pieces.SaveDatabase(scratchFile, cancellation);

    // Its pieces are saved.
    public void AdoptDatabase(string scratchFile, EntryName name)
    {
    }

    public void Dispose()
    {
    }

    private sealed class RepositoryPayloadFile(PieceWriter pieces) : IPayloadFile
    {
        public StoredContent Store(in SourceContent source, Action<long> done, CancellationToken cancellation) =>
            pieces.SaveFile(source, done, cancellation);

        public void Dispose()
        {
        }
    }
}
