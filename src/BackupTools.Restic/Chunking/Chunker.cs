namespace BackupTools.Restic.Chunking;

/// <summary>
/// Cuts a file where its content says so, just as restic does: so that equal parts of files become equal pieces,
/// wherever they stand. Works on a file's data as it is read, in parts of any length; serves one file at a time.
/// </summary>
public sealed class Chunker
{
    /// <summary>The least length of a piece but a file's last.</summary>
    public const int MinimumLength = 512 * 1024;

    /// <summary>The greatest length of a piece.</summary>
    public const int MaximumLength = 8 * 1024 * 1024;

    private const int WindowLength = RabinTables.WindowLength;

    private readonly RabinTables _tables;
    private readonly int _minimum;
    private readonly int _maximum;

    // The end of the piece's data so far: windows may begin there.
    private readonly byte[] _tail = new byte[WindowLength];
    private int _length;

    /// <summary>A chunker at a file's start.</summary>
    /// <exception cref="RepositoryDataException">The polynomial's degree is none that restic works with.</exception>
    internal Chunker(ChunkPolynomial polynomial, int minimum = MinimumLength, int maximum = MaximumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimum, WindowLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, minimum);
        _tables = RabinTables.For(polynomial);
        _minimum = minimum;
        _maximum = maximum;
    }

    /// <summary>
    /// Goes on from where the last call ended, and finds how much of the data still belongs to the piece that is being
    /// cut. The next call is given what follows that, as a new piece.
    /// </summary>
    /// <param name="data">What follows in the file; may be as short or as long as wanted.</param>
    /// <param name="isEnd">Whether the file ends after it: then so does its last piece.</param>
    /// <returns>
    /// The number of bytes up to the cut; -1 if all of the data belongs to a piece that goes on, and at the file's end
    /// if nothing is left to be a piece.
    /// </returns>
    public int FindCut(ReadOnlySpan<byte> data, bool isEnd)
    {
        int room = _maximum - _length;
        int cut = FindCutByContent(data[..Math.Min(data.Length, room)]);
        if (cut < 0 && data.Length >= room)
        {
            cut = room;
        }

        if (cut < 0 && isEnd && _length + data.Length > 0)
        {
            cut = data.Length;
        }

        if (cut >= 0 || isEnd)
        {
            Reset();
        }
        else
        {
            Keep(data);
        }

        return cut;
    }

    /// <summary>Forgets what was seen of a file, to begin another one.</summary>
    public void Reset() => _length = 0;

    private int FindCutByContent(ReadOnlySpan<byte> data)
    {
        int firstEnd = Math.Max(_minimum - _length, 1);
        if (firstEnd > data.Length)
        {
            return -1;
        }

        if (firstEnd < WindowLength)
        {
            // Windows that begin in the data before.
            Span<byte> joint = stackalloc byte[2 * WindowLength - 1];
            _tail.CopyTo(joint);
            int taken = Math.Min(data.Length, WindowLength - 1);
            data[..taken].CopyTo(joint[WindowLength..]);
            int found = RabinScanner.FindCut(_tables, joint[firstEnd..(WindowLength + taken)]);
            if (found >= 0)
            {
                return firstEnd + found - WindowLength;
            }

            firstEnd = WindowLength;
            if (firstEnd > data.Length)
            {
                return -1;
            }
        }

        int start = firstEnd - WindowLength;
        int cut = RabinScanner.FindCut(_tables, data[start..]);
        return cut < 0 ? -1 : start + cut;
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        _length += data.Length;
        if (data.Length >= WindowLength)
        {
            data[^WindowLength..].CopyTo(_tail);
        }
        else
        {
            _tail.AsSpan(data.Length).CopyTo(_tail);
            data.CopyTo(_tail.AsSpan(WindowLength - data.Length));
        }
    }
}
