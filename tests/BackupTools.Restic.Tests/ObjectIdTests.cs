using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace BackupTools.Restic.Tests;

public class ObjectIdTests
{
    // FIPS 180-2, appendix B.1.
    private const string HashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [Fact]
    public void An_id_is_the_SHA256_of_its_content()
    {
        Assert.Equal(HashOfAbc, ObjectId.Hash("abc"u8).ToString());
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        Prop.ForAll<byte[]>(content =>
        {
            ObjectId id = ObjectId.Hash(content);
            byte[] written = new byte[64];
            id.Format(written);
            return ObjectId.Parse(id.ToString()) == id
                && ObjectId.TryParse(written, out ObjectId fromUtf8) && fromUtf8 == id
                && Encoding.ASCII.GetString(written) == id.ToString()
                && new ObjectId(id.Span).GetHashCode() == id.GetHashCode();
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("")]
    [InlineData("ba7816bf")]
    [InlineData(HashOfAbc + "00")]
    [InlineData("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("../816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public void Other_text_is_no_id(string text)
    {
        Assert.False(ObjectId.TryParse(text, out ObjectId id));
        Assert.True(id.IsZero);
        Assert.False(ObjectId.TryParse(Encoding.UTF8.GetBytes(text), out _));
        Assert.Throws<FormatException>(() => ObjectId.Parse(text));
    }

    [Fact]
    public void Ids_are_ordered_as_their_text_is()
    {
        Prop.ForAll<byte[], byte[]>((one, other) =>
        {
            ObjectId a = ObjectId.Hash(one);
            ObjectId b = ObjectId.Hash(other);
            return Math.Sign(a.CompareTo(b)) == Math.Sign(string.CompareOrdinal(a.ToString(), b.ToString()))
                && (a == b) == (a.ToString() == b.ToString());
        }).QuickCheckThrowOnFailure();
    }
}
