using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using System.Text;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>A password in memory for as long as it is needed; wiped afterwards.</summary>
internal sealed class SecretText : IDisposable
{
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

    /// <summary>Decodes what a file or a program gave, without the white space around it; wipes the bytes.</summary>
    /// <param name="bytes">UTF-8, or UTF-16 where a byte order mark says so.</param>
    public static SecretText From(byte[] bytes)
    {
        try
        {
            (Encoding encoding, int mark) = bytes switch
            {
                [0xef, 0xbb, 0xbf, ..] => (Encoding.UTF8, 3),
                [0xff, 0xfe, ..] => (Encoding.Unicode, 2),
                [0xfe, 0xff, ..] => (Encoding.BigEndianUnicode, 2),
                _ => (Encoding.UTF8, 0),
            };
            char[] characters = GC.AllocateUninitializedArray<char>(encoding.GetMaxCharCount(bytes.Length - mark), pinned: true);
            int length = encoding.GetChars(bytes, mark, bytes.Length - mark, characters, 0);
            int start = 0;
            while (start < length && char.IsWhiteSpace(characters[start]))
            {
                start++;
            }

            while (length > start && char.IsWhiteSpace(characters[length - 1]))
            {
                length--;
            }

            return new SecretText(characters, start, length - start);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_characters.AsSpan()));
}
