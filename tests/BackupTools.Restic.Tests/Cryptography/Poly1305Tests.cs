using System.Globalization;
using System.Numerics;
using BackupTools.Restic.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Restic.Tests.Cryptography;

public class Poly1305Tests
{
    private const string Zero16 = "00000000000000000000000000000000";
    private const string Ones16 = "ffffffffffffffffffffffffffffffff";

    // RFC 8439: section 2.5.2, then appendix A.3 from its fifth vector on, where reductions and carries go to their
    // limits.
    [Theory]
    [InlineData(
        "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
        "43727970746f6772617068696320466f72756d2052657365617263682047726f7570",
        "a8061dc1305136c6c22b8baf0c0127a9")]
    [InlineData("02000000000000000000000000000000" + Zero16, Ones16, "03000000000000000000000000000000")]
    [InlineData(
        "02000000000000000000000000000000" + Ones16,
        "02000000000000000000000000000000",
        "03000000000000000000000000000000")]
    [InlineData(
        "01000000000000000000000000000000" + Zero16,
        Ones16 + "f0ffffffffffffffffffffffffffffff" + "11000000000000000000000000000000",
        "05000000000000000000000000000000")]
    [InlineData(
        "01000000000000000000000000000000" + Zero16,
        Ones16 + "fbfefefefefefefefefefefefefefefe" + "01010101010101010101010101010101",
        Zero16)]
    [InlineData(
        "02000000000000000000000000000000" + Zero16,
        "fdffffffffffffffffffffffffffffff",
        "faffffffffffffffffffffffffffffff")]
    [InlineData(
        "01000000000000000400000000000000" + Zero16,
        "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000"
            + "0000000000000000" + "01000000000000000000000000000000",
        "14000000000000005500000000000000")]
    [InlineData(
        "01000000000000000400000000000000" + Zero16,
        "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000",
        "13000000000000000000000000000000")]
    public void The_published_tags_are_computed(string key, string message, string expected)
    {
        Assert.Equal(expected, Tag(Convert.FromHexString(key), Convert.FromHexString(message)));
    }

    [Fact]
    public void A_tag_is_what_its_definition_says_for_messages_of_every_length()
    {
        // Bytes of all ones and none lead where carries go furthest; random ones where they usually go.
        Gen<byte> bytes = Gen.Frequency(
            (3, Gen.Constant((byte)0xff)), (1, Gen.Constant((byte)0)), (2, Gen.Choose(0, 255).Select(b => (byte)b)));
        Arbitrary<byte[]> keys = bytes.ArrayOf(Poly1305.KeyLength).ToArbitrary();
        int length = 0;
        Arbitrary<byte[]> messages = Gen.Fresh(() => length++ % 700).SelectMany(bytes.ArrayOf).ToArbitrary();
        Prop.ForAll(keys, messages, (key, message) => Tag(key, message) == DefinedTag(key, message))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1400));
    }

    private static string Tag(byte[] key, byte[] message)
    {
        byte[] tag = new byte[Poly1305.TagLength];
        Poly1305.ComputeTag(key, message, tag);
        return Convert.ToHexStringLower(tag);
    }

    private static string DefinedTag(byte[] key, byte[] message)
    {
        BigInteger modulus = BigInteger.Pow(2, 130) - 5;
        BigInteger clamp = BigInteger.Parse(
            "0ffffffc0ffffffc0ffffffc0fffffff", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        BigInteger r = new BigInteger(key.AsSpan(0, 16), isUnsigned: true) & clamp;
        BigInteger sum = 0;
        foreach (byte[] block in message.Chunk(16))
        {
            sum = (sum + new BigInteger([.. block, 1], isUnsigned: true)) * r % modulus;
        }

        sum += new BigInteger(key.AsSpan(16), isUnsigned: true);
        byte[] tag = sum.ToByteArray(isUnsigned: true);
        Array.Resize(ref tag, 16);
        return Convert.ToHexStringLower(tag);
    }
}
