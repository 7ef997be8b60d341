using System.Security.Cryptography;
using System.Text;
using BackupTools.Restic.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Restic.Tests.Cryptography;

public sealed class RepositoryKeyTests : IDisposable
{
    private readonly RepositoryKey _key = RepositoryKey.Generate();

    public void Dispose() => _key.Dispose();

    // What Bernstein's paper on Poly1305-AES publishes: k, r, nonce, message, tag.
    [Theory]
    [InlineData(
        "ec074c835580741701425b623235add6", "851fc40c3467ac0be05cc20404f3f700", "fb447350c4e868c52ac3275cf9d4327e",
        "f3f6",
        "f4c633c3044fc145f84f335cb81953de")]
    [InlineData(
        "75deaa25c09f208e1dc4ce6b5cad3fbf", "a0f3080000f46400d0c7e9076c834403", "61ee09218d29b0aaed7e154a2c5509cc",
        "",
        "dd3fab2251f11ac759f0887129cc2ee7")]
    [InlineData(
        "6acb5f61a7176dd320c5c1eb2edcdc74", "48443d0bb0d21109c89a100b5ce2c208", "ae212a55399729595dea458bc621ff0e",
        "663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136",
        "0ee1c16bb73f0f4fd19881753c01cdbe")]
    [InlineData(
        "e1a5668a4d5b66a5f68cc5424ed5982d", "12976a08c4426d0ce8a82407c4f48207", "9ae831e743978d3a23527c7128149e3a",
        "ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491faf0"
            + "990c62e48b8018b2c3e4a0fa3134cb67fa83e158c994d961c4cb21095c1bf9",
        "5154ad0d2cb26e01274fc51148491f1b")]
    public void The_published_tags_are_accepted_and_no_others(
        string k, string r, string nonce, string message, string tag)
    {
        using RepositoryKey key = new([.. new byte[31], 1, .. Convert.FromHexString(k + r)]);
        byte[] ciphertext = Convert.FromHexString(nonce + message + tag);
        Assert.Equal(message.Length / 2, key.Decrypt(ciphertext, new byte[message.Length / 2]));
        AssertEachFlippedBitIsRefused(key, ciphertext);
    }

    [Fact]
    public void What_restic_encrypted_is_decrypted()
    {
        // From the tests of restic's encryption.
        using RepositoryKey key = new(Convert.FromHexString(
            "303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafef"
            + "ef4d8824cb80b2bcc5fbff8a9b12a42ccc8d4b948ee0ebfe1d415de921d10353"));
        byte[] plain = new byte[18];
        key.Decrypt(
            Convert.FromHexString(
                "69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a54ea63338a813bcf3f75d8c3cc75dddf8750"),
            plain);
        Assert.Equal("Dies ist ein Test!", Encoding.ASCII.GetString(plain));
    }

    [Fact]
    public void What_is_encrypted_is_decrypted_again()
    {
        Arbitrary<int> lengths = Gen.Frequency((3, Gen.Choose(0, 2000)), (1, Gen.Choose(0, 300_000))).ToArbitrary();
        Prop.ForAll(lengths, length =>
        {
            byte[] data = RandomNumberGenerator.GetBytes(length);
            byte[] ciphertext = new byte[RepositoryKey.CiphertextLength(length)];
            _key.Encrypt(data, ciphertext);
            byte[] plain = new byte[length];
            int decrypted = _key.Decrypt(ciphertext, plain);
            return decrypted == length && plain.AsSpan().SequenceEqual(data)
                && (length < 16 || ciphertext.AsSpan().IndexOf(data) < 0);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Data_is_encrypted_and_decrypted_in_its_place()
    {
        byte[] data = RandomNumberGenerator.GetBytes(70_000);
        byte[] memory = [.. new byte[16], .. data, .. new byte[16]];
        _key.Encrypt(memory.AsSpan(16, data.Length), memory);
        Assert.NotEqual(data, memory[16..^16]);
        _key.Decrypt(memory, memory.AsSpan(16, data.Length));
        Assert.Equal(data, memory[16..^16]);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_refused()
    {
        byte[] ciphertext = new byte[RepositoryKey.CiphertextLength(300)];
        _key.Encrypt(RandomNumberGenerator.GetBytes(300), ciphertext);
        AssertEachFlippedBitIsRefused(_key, ciphertext);
    }

    [Fact]
    public void Truncated_data_is_refused_whatever_is_left()
    {
        byte[] ciphertext = new byte[RepositoryKey.CiphertextLength(100)];
        _key.Encrypt(new byte[100], ciphertext);
        for (int length = 0; length < ciphertext.Length; length++)
        {
            byte[] left = ciphertext[..length];
            Assert.Throws<RepositoryDataException>(() => _key.Decrypt(left, new byte[100]));
        }
    }

    [Fact]
    public void Data_of_another_key_is_refused()
    {
        byte[] ciphertext = new byte[RepositoryKey.CiphertextLength(100)];
        using RepositoryKey other = RepositoryKey.Generate();
        other.Encrypt(new byte[100], ciphertext);
        Assert.Throws<RepositoryDataException>(() => _key.Decrypt(ciphertext, new byte[100]));
    }

    [Fact]
    public void Equal_data_is_never_encrypted_alike()
    {
        HashSet<string> seen = [];
        byte[] ciphertext = new byte[RepositoryKey.CiphertextLength(16)];
        for (int i = 0; i < 1000; i++)
        {
            _key.Encrypt(new byte[16], ciphertext);
            Assert.True(seen.Add(Convert.ToHexString(ciphertext, 0, 16)));
            Assert.True(seen.Add(Convert.ToHexString(ciphertext, 16, 16)));
        }
    }

    [Fact]
    public void Several_threads_share_a_key()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] data = new byte[i * 97];
                Array.Fill(data, (byte)(thread + i));
                byte[] ciphertext = new byte[RepositoryKey.CiphertextLength(data.Length)];
                _key.Encrypt(data, ciphertext);
                byte[] plain = new byte[data.Length];
                _key.Decrypt(ciphertext, plain);
                Assert.Equal(data, plain);
            }
        });
    }

    [Theory]
    [InlineData(0, 32)]
    [InlineData(32, 16)]
    [InlineData(48, 16)]
    public void A_key_that_is_all_zero_is_refused(int start, int length)
    {
        byte[] keys = RandomNumberGenerator.GetBytes(RepositoryKey.Length);
        keys.AsSpan(start, length).Clear();
        Assert.Throws<RepositoryDataException>(() => new RepositoryKey(keys));
    }

    [Fact]
    public void Nothing_of_a_key_is_left_when_it_is_disposed_of()
    {
        RepositoryKey key = RepositoryKey.Generate();
        Assert.True(key.EncryptionKey.ContainsAnyExcept((byte)0));
        key.Dispose();
        Assert.False(key.EncryptionKey.ContainsAnyExcept((byte)0));
        Assert.False(key.MacK.ContainsAnyExcept((byte)0));
        Assert.False(key.MacR.ContainsAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(() => key.Encrypt(new byte[1], new byte[33]));
    }

    private static void AssertEachFlippedBitIsRefused(RepositoryKey key, byte[] ciphertext)
    {
        byte[] plain = new byte[ciphertext.Length];
        Array.Fill(plain, (byte)0xa5);
        for (int bit = 0; bit < ciphertext.Length * 8; bit++)
        {
            byte[] damaged = [.. ciphertext];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<RepositoryDataException>(() => key.Decrypt(damaged, plain));
        }

        Assert.All(plain, b => Assert.Equal(0xa5, b));
    }
}
