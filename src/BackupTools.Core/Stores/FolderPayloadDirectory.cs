using BackupTools.Core.FileSystem;

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
        _directory.CreateDirectory(name, FolderSnapshotWriter.DirectoryMode);
        return new FolderPayloadDirectory(_writer, _directory.OpenDirectory(name));
    }

    public FileHandle CreateFile(EntryName name) => _directory.CreateFile(name, FolderSnapshotWriter.FileMode);

    public void DeleteFile(EntryName name) => _directory.DeleteFile(name);

    public void AdoptDatabase(string scratchFile, EntryName name) => _writer.Adopt(scratchFile, _directory, name);

    public void Dispose() => _directory.Dispose();
}
