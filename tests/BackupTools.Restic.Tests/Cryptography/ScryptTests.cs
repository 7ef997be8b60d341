using System.Text;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic.Tests.Cryptography;

public class ScryptTests
{
    // RFC 7914, section 12; the last, whose number of parts is odd, from OpenSSL.
    [Theory]
    [InlineData(
        "", "", 16, 1, 1,
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData(
        "password", "NaCl", 1024, 8, 16,
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [InlineData(
        "pleaseletmein", "SodiumChloride", 16384, 8, 1,
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    [InlineData(
        "three parts", "an odd number", 64, 2, 3,
        "049aac8cdedcff7147e9a1dde4153e579ef02f8b3ae06d1cbd466fc5f0fd3284"
            + "04fc7ce68e0556cc9b1ea57c1e76ff1214932aeadfd51f0258e84ba5f12f19f6")]
    public void The_published_keys_are_derived(string password, string salt, int n, int r, int p, string expected)
    {
        byte[] key = new byte[expected.Length / 2];
        Scrypt.DeriveKey(Encoding.ASCII.GetBytes(password), Encoding.ASCII.GetBytes(salt), n, r, p, key);
        Assert.Equal(expected, Convert.ToHexStringLower(key));
    }

    [Theory]
    [InlineData(0, 8, 1)]
    [InlineData(1, 8, 1)]
    [InlineData(-16, 8, 1)]
    [InlineData(int.MinValue, 8, 1)]
    [InlineData(1000, 8, 1)]
    [InlineData(16, 0, 1)]
    [InlineData(16, 8, 0)]
    [InlineData(16, -8, -1)]
    [InlineData(16, 1 << 15, 1 << 15)]
    public void What_are_no_parameters_of_scrypt_is_refused(int n, int r, int p)
    {
        Assert.Throws<RepositoryDataException>(() => Scrypt.DeriveKey([], [], n, r, p, new byte[64]));
    }

    [Theory]
    [InlineData(1 << 20, 8, 1)]
    [InlineData(1 << 30, 1, 1)]
    [InlineData(2, 1 << 29, 1)]
    [InlineData(2, 1, (1 << 30) - 1)]
    [InlineData(1 << 18, 8, 33)]
    public void Parameters_that_would_take_all_memory_or_time_are_refused_at_once(int n, int r, int p)
    {
        Assert.Throws<RepositoryDataException>(() => Scrypt.DeriveKey([], [], n, r, p, new byte[64]));
    }
}
