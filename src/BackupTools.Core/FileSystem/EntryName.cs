using System.Text;

namespace BackupTools.Core.FileSystem;

/// <summary>
/// The name of a directory entry as the system keeps it: on Unix any bytes but NUL and the slash, elsewhere Unicode.
/// Kept with a terminating NUL, so that it can be handed to the system as it is.
/// </summary>
internal readonly struct EntryName : IComparable<EntryName>, IEquatable<EntryName>
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _terminated;

    private EntryName(byte[] terminated) => _terminated = terminated;

    public ReadOnlySpan<byte> Bytes => _terminated.AsSpan(0, _terminated.Length - 1);

    /// <summary>The bytes with the NUL that the system's calls want.</summary>
    public ReadOnlySpan<byte> Terminated => _terminated;

    /// <summary>The name as text; bytes that are no UTF-8 come out as U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    public bool IsDefault => _terminated is null;

    public static EntryName FromBytes(ReadOnlySpan<byte> bytes)
    {
        byte[] terminated = new byte[bytes.Length + 1];
        bytes.CopyTo(terminated);
        return new EntryName(terminated);
    }

    public static EntryName FromText(string text)
    {
        byte[] terminated = new byte[s_strict.GetByteCount(text) + 1];
        s_strict.GetBytes(text, terminated);
        return new EntryName(terminated);
    }

    public int CompareTo(EntryName other) => Bytes.SequenceCompareTo(other.Bytes);

    public bool Equals(EntryName other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is EntryName other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => Text;
}
