using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace BackupTools.Restic;

/// <summary>The SHA-256 by which a repository names its files and blobs; written as 64 lower-case hex digits.</summary>
public readonly struct ObjectId : IEquatable<ObjectId>
{
    /// <summary>The bytes of an id.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private readonly Bytes _bytes;

    /// <summary>Takes over the 32 bytes of an id.</summary>
    public ObjectId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"An id has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
    }

    /// <summary>The id as bytes, in the order in which they are written.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Whether this is no id at all: all zero, as restic's null id is.</summary>
    public bool IsZero => this == default;

    /// <summary>The id of content.</summary>
    public static ObjectId Hash(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(content, hash);
        return new ObjectId(hash);
    }

    /// <summary>Reads 64 hex digits.</summary>
    /// <exception cref="FormatException">The text is no id.</exception>
    public static ObjectId Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out ObjectId id) ? id : throw new FormatException($"\"{text}\" is no id of 64 hex digits.");

    /// <summary>Reads 64 hex digits, if the text is that.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ObjectId id)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bool read = text.Length == 2 * Length
            && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        id = read ? new ObjectId(bytes) : default;
        return read;
    }

    /// <summary>Reads 64 hex digits in UTF-8, if the text is that.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ObjectId id)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bool read = text.Length == 2 * Length
            && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        id = read ? new ObjectId(bytes) : default;
        return read;
    }

    /// <summary>Writes the 64 hex digits in UTF-8.</summary>
    public void Format(Span<byte> destination)
    {
        if (!Convert.TryToHexStringLower(Span, destination, out _))
        {
            throw new ArgumentException($"An id takes {2 * Length} bytes.", nameof(destination));
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <inheritdoc/>
    public bool Equals(ObjectId other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ObjectId other && Equals(other);

    /// <summary>The id's own first bytes: a hash needs no hashing.</summary>
    public override int GetHashCode() => MemoryMarshal.Read<int>(Span);

    /// <summary>Orders ids by their bytes.</summary>
    public int CompareTo(ObjectId other) => Span.SequenceCompareTo(other.Span);

    /// <summary>Whether two ids are the same.</summary>
    public static bool operator ==(ObjectId left, ObjectId right) => left.Equals(right);

    /// <summary>Whether two ids differ.</summary>
    public static bool operator !=(ObjectId left, ObjectId right) => !left.Equals(right);

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
