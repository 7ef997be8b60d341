using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using System.Text;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>A password in memory for as long as it is needed; wiped afterwards.</summary>
internal sealed class SecretText : IDisposable
{
    /// <summary>What a file or a program may give at most; more was not meant to be a password.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly char[] _characters;
    private readonly int _start;
    private readonly int _length;

    private SecretText(char[] characters, int start, int length)
    {
        _characters = characters;
        _start = start;
        _length = length;
    }

    public ReadOnlySpan<char> Span => _characters.AsSpan(_start, _length);

    public bool IsEmpty => _length == 0;

    public static SecretText From(string text) => new(text.ToCharArray(), 0, text.Length);

    public static SecretText From(SecureString text)
    {
        nint copy = Marshal.SecureStringToGlobalAllocUnicode(text);
        try
        {
            char[] characters = GC.AllocateUninitializedArray<char>(text.Length, pinned: true);
            Marshal.Copy(copy, characters, 0, characters.Length);
            return new SecretText(characters, 0, characters.Length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(copy);
        }
    }

    /// <summary>
    /// Reads what a file or a program gives to its end: UTF-8, or UTF-16 where a byte order mark says so; the white space
    /// around it does not count.
    /// </summary>
    /// <exception cref="InvalidDataException">It is too long, or no text; the message says so, and nothing of what it is.</exception>
    public static async Task<SecretText> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(MaxBytes + 1, pinned: true);
        try
        {
            int length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            return length <= MaxBytes
                ? Decode(bytes.AsSpan(0, length))
                : throw new InvalidDataException($"it is longer than {MaxBytes} bytes");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_characters.AsSpan()));

    private static SecretText Decode(ReadOnlySpan<byte> bytes)
    {
        // Bytes that are replaced would leave a password that opens nothing elsewhere, and is weaker than it looks.
        (Encoding encoding, int mark) = bytes switch
        {
            [0xef, 0xbb, 0xbf, ..] => (new UTF8Encoding(false, throwOnInvalidBytes: true), 3),
            [0xff, 0xfe, ..] => (new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true), 2),
            [0xfe, 0xff, ..] => (new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true), 2),
            _ => ((Encoding)new UTF8Encoding(false, throwOnInvalidBytes: true), 0),
        };
        ReadOnlySpan<byte> text = bytes[mark..];
        char[] characters = GC.AllocateUninitializedArray<char>(encoding.GetMaxCharCount(text.Length), pinned: true);
        try
        {
            int length = encoding.GetChars(text, characters);
            ReadOnlySpan<char> decoded = characters.AsSpan(0, length);
            int start = length - decoded.TrimStart().Length;
            return new SecretText(characters, start, decoded.Trim().Length);
        }
        catch (DecoderFallbackException)
        {
            // Its own message would tell bytes.
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(characters.AsSpan()));
            throw new InvalidDataException("it is neither UTF-8, nor UTF-16 with a byte order mark");
        }
    }
}
