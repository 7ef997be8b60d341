using System.Buffers.Binary;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// The file that SQLite copies a database into, as SQLite sees it through <see cref="CopyFiles"/>: its page-sized
/// writes are gathered into large ones, and hashed on the way. Pages come in order but for the first, which SQLite
/// writes last, with a change counter of its own. So the first is foretold, and where it turns out otherwise, or
/// anything else is written twice, the hash is taken for unknown and the file is right all the same.
/// </summary>
internal sealed class CopyTarget : IDisposable
{
    // SQLite leaves out the page at byte 0x40000000, which is for locks: what is skipped reads as zeros.
    private const int MaxGap = 64 * 1024;

    private static readonly byte[] s_zeros = new byte[MaxGap];

    private readonly FileHandle _file;
    private readonly HashedWriter _writer;
    private readonly byte[] _foretold;
    private readonly byte[] _first;
    private readonly CancellationToken _cancellation;
    private string? _sha256;
    private bool _isStreamed = true;

    /// <summary>Makes the file anew.</summary>
    /// <param name="path">Full path of a file in a private place; one that stands there is replaced.</param>
    /// <param name="firstPage">The first page as it lies at the source.</param>
    /// <param name="expected">Bytes that the copy will have, as far as is known.</param>
    /// <param name="cancellation">Ends waiting for the disk.</param>
    public CopyTarget(string path, byte[] firstPage, long expected, CancellationToken cancellation)
    {
        const int privateMode = 0x180;
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        EntryName name = EntryName.FromText(Path.GetFileName(path));
        if (directory.TryGetStatus(name, out _))
        {
            directory.DeleteFile(name);
        }

        _cancellation = cancellation;
        _foretold = Foretell(firstPage);
        _first = [.. _foretold];
        _file = directory.CreateFile(name, privateMode);
        _file.Preallocate(expected);
        _writer = new HashedWriter(_file, WriteMethod.Behind);
        _writer.Append(_foretold, cancellation);
    }

    /// <summary>How long the file is for SQLite, in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>The first error of the file's own, which says more than the code that SQLite gets for it.</summary>
    public Exception? Error { get; set; }

    /// <summary>Reads what was written.</summary>
    /// <returns>Bytes read; fewer at the end.</returns>
    public int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        if (offset + count > _first.Length)
        {
            EndStream();
            count = _file.ReadAt(buffer[..count], offset);
        }

        if (offset < _first.Length)
        {
            ReadOnlySpan<byte> first = _first.AsSpan((int)offset);
            first[..Math.Min(first.Length, count)].CopyTo(buffer);
        }

        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        Length = Math.Max(Length, offset + bytes.Length);
        if (offset < _first.Length)
        {
            Span<byte> first = _first.AsSpan((int)offset);
            int count = Math.Min(first.Length, bytes.Length);
            bytes[..count].CopyTo(first);
            bytes = bytes[count..];
            offset += count;
        }

        if (bytes.Length == 0)
        {
            return;
        }

        long gap = offset - _writer.Position;
        if (_isStreamed && gap is >= 0 and <= MaxGap)
        {
            _writer.Append(s_zeros.AsSpan(0, (int)gap), _cancellation);
            _writer.Append(bytes, _cancellation);
        }
        else
        {
            EndStream();
            _sha256 = null;
            _file.WriteAt(bytes, offset);
        }
    }

    public void Truncate(long length)
    {
        if (length < Length)
        {
            EndStream();
            _sha256 = null;
        }

        Length = length;
    }

    /// <summary>Puts the rest into the file, its first page among it, though not yet durably.</summary>
    /// <returns>SHA-256 in lower-case hex, or <see langword="null"/> where it has to be taken anew.</returns>
    public string? Finish()
    {
        EndStream();
        bool isForetold = _first.AsSpan().SequenceEqual(_foretold) && Length == _writer.Position;
        _file.WriteAt(_first, 0);
        _file.SetLength(Length);
        return isForetold ? _sha256 : null;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }

    // What sqlite3_backup_step and the commit behind it write into an empty file: a schema cookie of 1, a change counter
    // of 1, and the version of the library that wrote last (https://sqlite.org/fileformat2.html, 1.3).
    private static byte[] Foretell(byte[] firstPage)
    {
        byte[] page = [.. firstPage];
        if (page.Length >= DatabaseFile.HeaderLength)
        {
            BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(24), 1);
            BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(40), 1);
            BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(92), 1);
            BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(96), SqliteEngine.VersionNumber);
        }

        return page;
    }

    private void EndStream()
    {
        if (_isStreamed)
        {
            _isStreamed = false;
            _sha256 = _writer.Finish();
        }
    }
}
