using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Directories;

/// <summary>
/// An ordered list of patterns as in a <c>.gitignore</c> file at the root (https://git-scm.com/docs/gitignore).
/// Matching works on bytes, since names need not be Unicode, and allocates nothing.
/// </summary>
internal sealed class PathPatterns
{
    private readonly PathPattern[] _patterns;

    private PathPatterns(PathPattern[] patterns) => _patterns = patterns;

    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>
    /// Reads patterns, one a line. As with git there are no wrong ones: a pattern that makes no sense matches nothing.
    /// </summary>
    /// <param name="patterns">The lines; comments and blank lines are passed over.</param>
    /// <returns>The patterns.</returns>
    public static PathPatterns Parse(IEnumerable<string> patterns)
    {
        List<PathPattern> parsed = [];
        foreach (string line in patterns)
        {
            if (PathPattern.TryParse(Encoding.UTF8.GetBytes(line), out PathPattern? pattern))
            {
                parsed.Add(pattern);
            }
        }

        return new PathPatterns([.. parsed]);
    }

    /// <summary>Whether the last pattern that fits this very entry is one without <c>!</c>.</summary>
    public bool IsMatch(TreePath path, bool isDirectory) => !path.IsRoot && IsMatch(path.Bytes, isDirectory);

    /// <summary>
    /// Whether the entry or a directory above it matches. What lies below a matching directory cannot be brought back
    /// by <c>!</c>, just as git never looks into an ignored directory.
    /// </summary>
    public bool IsMatchOrBelow(TreePath path, bool isDirectory)
    {
        if (path.IsRoot || IsEmpty)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = path.Bytes;
        for (int end = 0; end < bytes.Length; end++)
        {
            if (bytes[end] == (byte)'/' && IsMatch(bytes[..end], isDirectory: true))
            {
                return true;
            }
        }

        return IsMatch(bytes, isDirectory);
    }

    private bool IsMatch(ReadOnlySpan<byte> path, bool isDirectory)
    {
        ReadOnlySpan<byte> name = path[(path.LastIndexOf((byte)'/') + 1)..];
        for (int i = _patterns.Length - 1; i >= 0; i--)
        {
            if (_patterns[i].Matches(path, name, isDirectory))
            {
                return !_patterns[i].IsNegated;
            }
        }

        return false;
    }
}
