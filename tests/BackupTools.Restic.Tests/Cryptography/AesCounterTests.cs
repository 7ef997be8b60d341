using System.Security.Cryptography;
using BackupTools.Restic.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Restic.Tests.Cryptography;

public class AesCounterTests
{
    // NIST SP 800-38A, F.5.5 and F.5.6.
    private const string Key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
    private const string Counter = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
    private const string Plain =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

    private const string Encrypted =
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
        + "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6";

    [Theory]
    [InlineData(Plain, Encrypted)]
    [InlineData(Encrypted, Plain)]
    public void The_published_vectors_are_computed_both_ways(string input, string output)
    {
        using AesCounter counter = new(Convert.FromHexString(Key));
        byte[] result = new byte[input.Length / 2];
        counter.Transform(Convert.FromHexString(Counter), Convert.FromHexString(input), result);
        Assert.Equal(output, Convert.ToHexStringLower(result));
    }

    [Theory]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("0000000000000000fffffffffffffffe")]
    [InlineData("00000000fffffffffffffffffffffff0")]
    [InlineData("fffffffffffffffffffffffffffffffd")]
    public void The_counter_carries_through_all_its_bytes(string start)
    {
        byte[] key = Convert.FromHexString(Key);
        using AesCounter counter = new(key);
        byte[] iv = Convert.FromHexString(start);
        Arbitrary<int> lengths = Gen.Frequency((1, Gen.Choose(0, 100)), (1, Gen.Choose(0, 100_000))).ToArbitrary();
        Prop.ForAll(lengths, length =>
        {
            byte[] input = RandomNumberGenerator.GetBytes(length);
            byte[] output = new byte[length];
            counter.Transform(iv, input, output);
            byte[] expected = TransformByBlocks(key, iv, input);
            counter.Transform(iv, input, input);
            return output.AsSpan().SequenceEqual(expected) && input.AsSpan().SequenceEqual(expected);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    private static byte[] TransformByBlocks(byte[] key, byte[] iv, byte[] input)
    {
        using Aes aes = Aes.Create();
        aes.Key = key;
        byte[] counter = [.. iv];
        byte[] output = [.. input];
        for (int i = 0; i < input.Length; i += 16)
        {
            byte[] keystream = aes.EncryptEcb(counter, PaddingMode.None);
            for (int j = i; j < Math.Min(i + 16, input.Length); j++)
            {
                output[j] ^= keystream[j - i];
            }

            for (int k = 15; k >= 0 && ++counter[k] == 0; k--)
            {
            }
        }

        return output;
    }
}
