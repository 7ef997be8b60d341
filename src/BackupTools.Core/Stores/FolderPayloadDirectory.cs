using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources;

namespace BackupTools.Core.Stores;

/// <summary>A directory of a payload in a folder store. It holds no lock: the system's calls stand side by side.</summary>
internal sealed class FolderPayloadDirectory : IPayloadDirectory
{
    private readonly FolderSnapshotWriter _writer;
    private readonly DirectoryHandle _directory;

    /// <summary>Takes over the handle.</summary>
    public FolderPayloadDirectory(FolderSnapshotWriter writer, DirectoryHandle directory)
    {
        _writer = writer;
        _directory = directory;
    }

    public IPayloadDirectory CreateDirectory(EntryName name)
    {
        _directory.CreateNewDirectory(name, FolderSnapshotWriter.DirectoryMode);
        return new FolderPayloadDirectory(_writer, _directory.OpenDirectory(name));
    }

    // Each payload has files of its own, which have to be copied.
    public KnownFile? FindKnown(EntryName name, in FileStatus status) => null;

    public IPayloadFile CreateFile(EntryName name) =>
        new FolderPayloadFile(_directory.CreateNewFile(name, FolderSnapshotWriter.FileMode));

    public void CreateSymlink(EntryName name, ReadOnlySpan<byte> target)
    {
        byte[] text = [.. target];
        if (!OperatingSystem.IsWindows())
        {
            Link(name, () => _directory.CreateSymlink(name, text));
        }
    }

    public void CreateHardLink(TreePath first, EntryName name) => Link(name, () =>
    {
        using DirectoryHandle from = _writer.PayloadRoot.OpenPath(first.Parent);
        _directory.CreateHardLink(from, first.Name, name);
    });

    public void DeleteFile(EntryName name) => _directory.DeleteFile(name);

    public StoredContent StoreDatabase(string scratchFile, string? sha256, CancellationToken cancellation) =>
        new(new FileInfo(scratchFile).Length, sha256 ?? ContentHash.OfFile(scratchFile, cancellation));

    public void AdoptDatabase(string scratchFile, EntryName name) =>
        NameRefusal.Make(_directory, name, () => _writer.Adopt(scratchFile, _directory, name));

    public void Dispose() => _directory.Dispose();

    /// <summary>The open directory, for the writer alone.</summary>
    internal DirectoryHandle Handle => _directory;

    // The listing has the links; in the payload they are for people who look at it with other tools. File systems
    // without links say EPERM or EOPNOTSUPP, those with a limit EMLINK.
    private void Link(EntryName name, Action link) => NameRefusal.Make(_directory, name, () =>
    {
        try
        {
            link();
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported or FileSystemError.Other)
        {
        }
    });
}
