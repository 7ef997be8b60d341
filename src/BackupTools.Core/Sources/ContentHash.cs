using System.Security.Cryptography;

namespace BackupTools.Core.Sources;

/// <summary>SHA-256 of whole files.</summary>
internal static class ContentHash
{
    private const int BlockSize = 1024 * 1024;

    /// <summary>Reads a file of ours and hashes it.</summary>
    /// <returns>Lower-case hex.</returns>
    public static string OfFile(string path, CancellationToken cancellation)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = GC.AllocateUninitializedArray<byte>(BlockSize);
        int count;
        while ((count = stream.Read(block, 0, block.Length)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(block, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
