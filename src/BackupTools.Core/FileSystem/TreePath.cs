using System.Text;
using System.Text.Unicode;

namespace BackupTools.Core.FileSystem;

/// <summary>
/// A path below a root: components parted by slashes, none of them empty, <c>.</c> or <c>..</c>; the root itself is
/// <c>.</c>. Ordered by components compared bytewise, so a parent comes before its children and a directory's
/// entries stand together.
/// </summary>
internal readonly struct TreePath : IComparable<TreePath>, IEquatable<TreePath>
{
    private readonly byte[]? _bytes;

    private TreePath(byte[] bytes) => _bytes = bytes;

    /// <summary>The root, <c>.</c>.</summary>
    public static TreePath Root { get; }

    public bool IsRoot => _bytes is null;

    public ReadOnlySpan<byte> Bytes => _bytes ?? "."u8;

    public bool IsUnicode => _bytes is null || Utf8.IsValid(_bytes);

    /// <summary>The path as text; bytes that are no UTF-8 come out as U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>How many components the path has; 0 for the root.</summary>
    public int Depth => _bytes is null ? 0 : _bytes.AsSpan().Count((byte)'/') + 1;

    public EntryName Name
    {
        get
        {
            ReadOnlySpan<byte> bytes = Bytes;
            return EntryName.FromBytes(bytes[(bytes.LastIndexOf((byte)'/') + 1)..]);
        }
    }

    /// <summary>The path of the directory that holds this entry.</summary>
    public TreePath Parent
    {
        get
        {
            int slash = Bytes.LastIndexOf((byte)'/');
            return slash < 0 ? Root : new TreePath(Bytes[..slash].ToArray());
        }
    }

    /// <summary>The path's first component; the root for the root.</summary>
    public TreePath First
    {
        get
        {
            int slash = Bytes.IndexOf((byte)'/');
            return slash < 0 ? this : new TreePath(Bytes[..slash].ToArray());
        }
    }

    public TreePath Append(EntryName name)
    {
        if (_bytes is null)
        {
            return new TreePath(name.Bytes.ToArray());
        }

        byte[] bytes = new byte[_bytes.Length + 1 + name.Bytes.Length];
        _bytes.CopyTo(bytes, 0);
        bytes[_bytes.Length] = (byte)'/';
        name.Bytes.CopyTo(bytes.AsSpan(_bytes.Length + 1));
        return new TreePath(bytes);
    }

    /// <summary>Takes over a path from outside, if it is one that stays below its root on every system.</summary>
    /// <param name="bytes">The path; <c>.</c> is the root.</param>
    /// <param name="path">The path.</param>
    /// <returns>Whether it is harmless.</returns>
    public static bool TryCreate(ReadOnlySpan<byte> bytes, out TreePath path)
    {
        path = default;
        if (bytes.SequenceEqual("."u8))
        {
            return true;
        }

        for (int start = 0; start <= bytes.Length;)
        {
            int slash = bytes[start..].IndexOf((byte)'/');
            ReadOnlySpan<byte> component = slash < 0 ? bytes[start..] : bytes.Slice(start, slash);
            start += component.Length + 1;
            if (component.IsEmpty
                || component.SequenceEqual("."u8)
                || component.SequenceEqual(".."u8)
                || component.IndexOf((byte)0) >= 0
                || (OperatingSystem.IsWindows() && !IsHarmlessOnWindows(component)))
            {
                return false;
            }
        }

        path = new TreePath(bytes.ToArray());
        return true;
    }

    public static bool TryCreate(string text, out TreePath path)
    {
        try
        {
            return TryCreate(new UTF8Encoding(false, true).GetBytes(text), out path);
        }
        catch (EncoderFallbackException)
        {
            path = default;
            return false;
        }
    }

    /// <summary>Whether this path is <paramref name="ancestor"/> or lies below it.</summary>
    public bool IsWithin(TreePath ancestor)
    {
        if (ancestor.IsRoot)
        {
            return true;
        }

        ReadOnlySpan<byte> bytes = Bytes;
        ReadOnlySpan<byte> prefix = ancestor.Bytes;
        return bytes.StartsWith(prefix) && (bytes.Length == prefix.Length || bytes[prefix.Length] == (byte)'/');
    }

    public IEnumerable<EntryName> Components()
    {
        if (_bytes is null)
        {
            yield break;
        }

        int start = 0;
        while (start <= _bytes.Length)
        {
            int length = _bytes.AsSpan(start).IndexOf((byte)'/');
            length = length < 0 ? _bytes.Length - start : length;
            yield return EntryName.FromBytes(_bytes.AsSpan(start, length));
            start += length + 1;
        }
    }

    public int CompareTo(TreePath other)
    {
        if (_bytes is null || other._bytes is null)
        {
            return (_bytes is null ? 0 : 1) - (other._bytes is null ? 0 : 1);
        }

        int common = _bytes.AsSpan().CommonPrefixLength(other._bytes);
        if (common == _bytes.Length || common == other._bytes.Length)
        {
            return _bytes.Length.CompareTo(other._bytes.Length);
        }

        // The slash ends a component, so it sorts before every byte that a name can hold.
        int left = _bytes[common] == (byte)'/' ? 0 : _bytes[common];
        int right = other._bytes[common] == (byte)'/' ? 0 : other._bytes[common];
        return left.CompareTo(right);
    }

    public bool Equals(TreePath other) => Bytes.SequenceEqual(other.Bytes) && IsRoot == other.IsRoot;

    public override bool Equals(object? obj) => obj is TreePath other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => Text;

    // Backslashes and drives lead elsewhere, colons open alternate streams, trailing dots and spaces are dropped and
    // device names are taken in every directory:
    // https://learn.microsoft.com/windows/win32/fileio/naming-a-file
    private static bool IsHarmlessOnWindows(ReadOnlySpan<byte> component)
    {
        foreach (byte b in component)
        {
            if (b < 0x20 || b is (byte)'\\' or (byte)':' or (byte)'<' or (byte)'>' or (byte)'"' or (byte)'|' or (byte)'?' or (byte)'*')
            {
                return false;
            }
        }

        if (component[^1] is (byte)'.' or (byte)' ' || !Utf8.IsValid(component))
        {
            return false;
        }

        string name = Encoding.UTF8.GetString(component);
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string stem = (dot < 0 ? name : name[..dot]).TrimEnd(' ').ToUpperInvariant();
        return stem is not ("CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$")
            && !(stem.Length == 4
                && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal))
                && (char.IsAsciiDigit(stem[3]) || stem[3] is '¹' or '²' or '³'));
    }
}
