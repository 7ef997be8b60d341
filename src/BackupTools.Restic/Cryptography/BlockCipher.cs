using System.Security.Cryptography;

namespace BackupTools.Restic.Cryptography;

/// <summary>The base library's AES, a block at a time: what counter mode and Poly1305-AES are made of.</summary>
internal static class BlockCipher
{
    /// <summary>
    /// An encryptor that is kept, for one thread at a time: setting one up costs more than encrypting a small blob.
    /// </summary>
    public static ICryptoTransform CreateEncryptor(ReadOnlySpan<byte> key)
    {
        using Aes aes = Aes.Create();
        aes.SetKey(key);
        aes.Padding = PaddingMode.None;
#pragma warning disable CA5358 // No text is encrypted so: counters and nonces are, each once.
        aes.Mode = CipherMode.ECB;
#pragma warning restore CA5358
        return aes.CreateEncryptor();
    }
}
