namespace BackupTools.Core.FileSystem;

/// <summary>Reads a file of lines in pieces; memory grows with the longest line, not with the file.</summary>
/// <param name="read">Reads on into a buffer; 0 at the end.</param>
/// <param name="buffer">How much to begin with.</param>
internal sealed class LineReader(Func<byte[], int, int, int> read, int buffer)
{
    private byte[] _buffer = new byte[buffer];
    private int _start;
    private int _filled;
    private bool _isEnd;

    /// <summary>Bytes from the first one read to the end of the last line.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes that follow the last line: one without an end, so far.</summary>
    public int Rest => _filled - _start;

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its end; good until the next call.</param>
    /// <param name="most">How long it may be.</param>
    /// <returns>
    /// <see langword="false"/> where no line that is ended follows, or the next one is longer than that; <see cref="Rest"/>
    /// tells.
    /// </returns>
    public bool TryRead(out ReadOnlyMemory<byte> line, int most = int.MaxValue)
    {
        int looked = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + looked, Rest - looked).IndexOf((byte)'\n');
            if (length >= 0)
            {
                length += looked;
                line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                Offset += length + 1;
                return true;
            }

            looked = Rest;
            if (_isEnd || Rest >= most)
            {
                line = default;
                return false;
            }

            _buffer.AsSpan(_start, Rest).CopyTo(_buffer);
            _filled -= _start;
            _start = 0;
            if (_filled == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            int count = read(_buffer, _filled, _buffer.Length - _filled);
            _isEnd = count == 0;
            _filled += count;
        }
    }
}
