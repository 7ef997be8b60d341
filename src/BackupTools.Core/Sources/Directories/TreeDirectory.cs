using BackupTools.Core.FileSystem;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Directories;

/// <summary>
/// A directory of the source together with its counterpart in the payload, held open by the walk and by each item that
/// is still to be copied from it.
/// </summary>
internal sealed class TreeDirectory : IDisposable
{
    private int _holders = 1;

    public TreeDirectory(DirectoryHandle source, IPayloadDirectory payload, TreePath path, byte[] fullPath)
    {
        Source = source;
        Payload = payload;
        Path = path;
        FullPath = fullPath;
    }

    public DirectoryHandle Source { get; }

    public IPayloadDirectory Payload { get; }

    /// <summary>Its path below the root of the source.</summary>
    public TreePath Path { get; }

    /// <summary>Its full path with no link in it, as bytes: for SQLite, which goes by path.</summary>
    public byte[] FullPath { get; }

    public byte[] FullPathOf(EntryName name) => [.. FullPath, (byte)System.IO.Path.DirectorySeparatorChar, .. name.Bytes];

    public TreeDirectory Retain()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Source.Dispose();
            Payload.Dispose();
        }
    }
}
