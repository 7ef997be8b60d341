namespace BackupTools.Core.FileSystem;

/// <summary>
/// Reads a large file once, writing and hashing what was read: the hash is of the very bytes written, and is made on a
/// second thread so that it costs no time beside the copy.
/// </summary>
internal static class HashedCopy
{
    // Below this a copy is done before a disk has begun, and a cache has room for it.
    private const long DirectSize = 16 * 1024 * 1024;

    /// <summary>Copies a file on from where it was read to.</summary>
    /// <param name="from">The file to read.</param>
    /// <param name="head">What was read of it already.</param>
    /// <param name="to">The empty file to write, or <see langword="null"/> to only hash.</param>
    /// <param name="method">How to write; small files go through the cache.</param>
    /// <param name="done">Is told of bytes done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Bytes, and their SHA-256 in lower-case hex.</returns>
    public static (long Bytes, string Sha256) Run(
        FileHandle from,
        ReadOnlySpan<byte> head,
        FileHandle? to,
        WriteMethod method,
        Action<int> done,
        CancellationToken cancellation)
    {
        long expected = to is null ? 0 : from.GetStatus().Size;
        bool isDirect = method == WriteMethod.Direct && expected >= DirectSize;
        if (isDirect)
        {
            to!.Preallocate(expected);
        }

        using HashedWriter writer = new(to, method == WriteMethod.Direct && !isDirect ? WriteMethod.Inline : method);
        writer.Append(head, cancellation);
        done(head.Length);
        int count;
        while ((count = from.Read(writer.GetRoom(cancellation))) > 0)
        {
            writer.Advance(count);
            done(count);
            cancellation.ThrowIfCancellationRequested();
        }

        string sha256 = writer.Finish();
        if (isDirect)
        {
            to!.SetLength(writer.Position);
        }

        return (writer.Position, sha256);
    }
}
