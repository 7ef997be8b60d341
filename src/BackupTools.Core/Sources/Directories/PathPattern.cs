using System.Diagnostics.CodeAnalysis;

namespace BackupTools.Core.Sources.Directories;

/// <summary>One pattern of a <see cref="PathPatterns"/> list.</summary>
internal sealed class PathPattern
{
    private readonly bool _directoriesOnly;
    private readonly bool _nameOnly;
    private readonly byte[] _literal;
    private readonly Glob? _glob;

    private PathPattern(bool isNegated, bool directoriesOnly, bool nameOnly, ReadOnlySpan<byte> text)
    {
        IsNegated = isNegated;
        _directoriesOnly = directoriesOnly;
        _nameOnly = nameOnly;

        // What precedes the first special byte is compared as it is. Not only for speed: git does so too, so that in
        // "data**/x" the stars stand at the start of what is left and match across slashes.
        int special = text.IndexOfAny("*?[\\"u8);
        _literal = (special < 0 ? text : text[..special]).ToArray();
        _glob = special < 0 ? null : Glob.Compile(text[special..]);
    }

    /// <summary>Whether the pattern takes back what earlier ones matched.</summary>
    public bool IsNegated { get; }

    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out PathPattern? pattern)
    {
        pattern = null;
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }

        if (line.StartsWith("#"u8))
        {
            return false;
        }

        line = TrimUnescapedSpaces(line);
        bool isNegated = line.StartsWith("!"u8);
        line = isNegated ? line[1..] : line;
        bool directoriesOnly = line.EndsWith("/"u8);
        line = directoriesOnly ? line[..^1] : line;

        // A slash before the end ties the pattern to the root; one at the start does nothing else.
        bool nameOnly = !line.Contains((byte)'/');
        line = line.StartsWith("/"u8) ? line[1..] : line;
        if (line.IsEmpty)
        {
            return false;
        }

        pattern = new PathPattern(isNegated, directoriesOnly, nameOnly, line);
        return true;
    }

    public bool Matches(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, bool isDirectory)
    {
        if (_directoriesOnly && !isDirectory)
        {
            return false;
        }

        ReadOnlySpan<byte> text = _nameOnly ? name : path;
        return text.StartsWith(_literal)
            && (_glob is null ? text.Length == _literal.Length : _glob.Matches(text[_literal.Length..]));
    }

    private static ReadOnlySpan<byte> TrimUnescapedSpaces(ReadOnlySpan<byte> line)
    {
        int end = 0;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == (byte)'\\')
            {
                i++;
                end = Math.Min(i + 1, line.Length);
            }
            else if (line[i] != (byte)' ')
            {
                end = i + 1;
            }
        }

        return line[..end];
    }
}
