using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>Copies bytes from an open source file into an existing private file.</summary>
internal static class RawCopy
{
    private const int BlockSize = 1024 * 1024;

    public static void Run(
        FileHandle source, string target, ProgressTracker progress, string item, CancellationToken cancellation)
    {
        using FileStream output = new(target, FileMode.Truncate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        byte[] block = new byte[BlockSize];
        source.Rewind();
        int count;
        while ((count = source.Read(block)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            output.Write(block, 0, count);
            progress.Add(item, count);
        }
    }
}
