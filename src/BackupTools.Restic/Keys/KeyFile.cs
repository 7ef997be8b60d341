using System.Text.Json;
using BackupTools.Restic.Cryptography;
using BackupTools.Restic.Json;

namespace BackupTools.Restic.Keys;

/// <summary>A key's file: the repository's keys, encrypted with what a password gives.</summary>
internal static class KeyFile
{
    private const int SaltLength = 64;

    /// <summary>Encrypts the repository's keys for a password.</summary>
    public static ReadOnlyMemory<byte> Write(RepositoryKey master, ReadOnlySpan<byte> password, ScryptParameters parameters)
    {
        byte[] salt = System.Security.Cryptography.RandomNumberGenerator.GetBytes(SaltLength);
        JsonText keys = new();
        keys.Raw("{\"mac\":{\"k\":"u8).Base64(master.MacK).Raw(",\"r\":"u8).Base64(master.MacR);
        keys.Raw("},\"encrypt\":"u8).Base64(master.EncryptionKey).Raw("}"u8);
        byte[] data = new byte[RepositoryKey.CiphertextLength(keys.Length)];
        using (RepositoryKey user = Derive(password, salt, parameters))
        {
            user.Encrypt(keys.Written.Span, data);
        }

        keys.Wipe();
        JsonText json = new();
        json.Raw("{\"created\":"u8).Time(RepositoryTime.Now);
        json.Raw(",\"username\":"u8).String(HostIdentity.UserName);
        json.Raw(",\"hostname\":"u8).String(HostIdentity.HostName);
        json.Raw(",\"kdf\":\"scrypt\",\"N\":"u8).Number((ulong)parameters.N);
        json.Raw(",\"r\":"u8).Number((ulong)parameters.R).Raw(",\"p\":"u8).Number((ulong)parameters.P);
        json.Raw(",\"salt\":"u8).Base64(salt).Raw(",\"data\":"u8).Base64(data).Raw("}"u8);
        return json.Written;
    }

    /// <summary>Decrypts the repository's keys.</summary>
    /// <returns>Null where that is not the password.</returns>
    /// <exception cref="RepositoryDataException">That is no key.</exception>
    public static RepositoryKey? Open(ReadOnlyMemory<byte> file, ReadOnlySpan<byte> password)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(file);
            JsonElement root = document.RootElement;
            if (root.GetProperty("kdf").GetString() != "scrypt")
            {
                throw new RepositoryDataException("It is made by another method than scrypt.");
            }

            ScryptParameters parameters = new(
                root.GetProperty("N").GetInt32(), root.GetProperty("r").GetInt32(), root.GetProperty("p").GetInt32());
            using RepositoryKey user = Derive(password, root.GetProperty("salt").GetBytesFromBase64(), parameters);
            return Decrypt(user, root.GetProperty("data").GetBytesFromBase64());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new RepositoryDataException($"It cannot be read: {e.Message}", e);
        }
    }

    private static RepositoryKey? Decrypt(RepositoryKey user, byte[] data)
    {
        using WipedMemory keys = new(Math.Max(1, data.Length));
        int length;
        try
        {
            length = user.Decrypt(data, keys.Span);
        }
        catch (RepositoryDataException)
        {
            // Whether the password is wrong or the key is damaged, nobody can tell; the file's name tells of damage.
            return null;
        }

        return ReadKeys(keys.Span[..length]);
    }

    private static RepositoryKey ReadKeys(ReadOnlySpan<byte> json)
    {
        using WipedMemory keys = new(RepositoryKey.Length);
        keys.Span.Clear();
        Utf8JsonReader reader = new(json);
        ReadOnlySpan<byte> name = default;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = reader.ValueSpan;
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                (int offset, int length) = name switch
                {
                    _ when name.SequenceEqual("encrypt"u8) => (0, 32),
                    _ when name.SequenceEqual("k"u8) => (32, 16),
                    _ when name.SequenceEqual("r"u8) => (48, 16),
                    _ => (0, 0),
                };
                System.Buffers.Text.Base64.DecodeFromUtf8(reader.ValueSpan, keys.Span.Slice(offset, length), out _, out _);
            }
        }

        return new RepositoryKey(keys.Span);
    }

    private static RepositoryKey Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, ScryptParameters parameters)
    {
        using WipedMemory key = new(RepositoryKey.Length);
        Scrypt.DeriveKey(password, salt, parameters.N, parameters.R, parameters.P, key.Span);
        return new RepositoryKey(key.Span);
    }
}
