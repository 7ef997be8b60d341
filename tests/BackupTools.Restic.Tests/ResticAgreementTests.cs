using System.Text;
using System.Text.Json;
using BackupTools.Restic.Chunking;
using BackupTools.Restic.Compression;
using BackupTools.Restic.Cryptography;
using BackupTools.Restic.Tests.Chunking;

namespace BackupTools.Restic.Tests;

/// <summary>The primitives, put together by hand, on what the real restic wrote.</summary>
public class ResticAgreementTests
{
    private const int MiB = 1024 * 1024;

    [SkippableFact]
    public void A_password_opens_the_keys_that_restic_made()
    {
        InstalledRestic.SkipWhereMissing();
        using ResticsOwnRepository restic = new();
        using RepositoryKey key = OpenKey(restic, ResticsOwnRepository.Password);
        JsonElement master = JsonDocument.Parse(restic.Run("cat", "masterkey")).RootElement;
        Assert.Equal(master.GetProperty("encrypt").GetBytesFromBase64(), key.EncryptionKey);
        Assert.Equal(master.GetProperty("mac").GetProperty("k").GetBytesFromBase64(), key.MacK);
        Assert.Equal(master.GetProperty("mac").GetProperty("r").GetBytesFromBase64(), key.MacR);
        Assert.True(JsonElement.DeepEquals(
            JsonDocument.Parse(restic.Run("cat", "config")).RootElement,
            JsonDocument.Parse(Decrypt(key, File.ReadAllBytes(restic["config"]))).RootElement));
        Assert.Throws<RepositoryDataException>(() => OpenKey(restic, ResticsOwnRepository.Password + " "));
    }

    [SkippableFact]
    public void Files_are_cut_where_restic_cut_them()
    {
        InstalledRestic.SkipWhereMissing();
        using ResticsOwnRepository restic = new();
        byte[] random = new GoRandom(seed: 40).Bytes(24 * MiB);
        Write("random", random);
        Write("shifted", [1, 2, 3, .. random]);
        Write("zeros", new byte[3 * MiB + 1]);
        Write("ones", [.. Enumerable.Repeat((byte)1, 9 * MiB)]);
        Write("least", random[..Chunker.MinimumLength]);
        Write("one more", random[..(Chunker.MinimumLength + 1)]);
        Write("short", [7]);

        Dictionary<string, List<string>> expected = restic.BackUp();
        Assert.Equal(7, expected.Count);
        Assert.InRange(expected["random"].Count, 3, 47);
        using RepositoryKey key = OpenKey(restic, ResticsOwnRepository.Password);
        ChunkPolynomial polynomial = Polynomial(restic, key);
        Assert.True(polynomial.IsIrreducible);
        foreach ((string name, List<string> ids) in expected)
        {
            Assert.Equal(ids, PieceIds(polynomial, File.ReadAllBytes(Path.Join(restic.SourcePath, name))));
        }

        void Write(string name, byte[] content) => File.WriteAllBytes(Path.Join(restic.SourcePath, name), content);
    }

    [SkippableFact]
    public void What_restic_compressed_and_encrypted_is_read()
    {
        InstalledRestic.SkipUnlessItOpens(2);
        IZstandard? zstandard = SystemZstandard.TryLoad();
        Skip.If(zstandard is null, "libzstd is not installed");
        using ResticsOwnRepository restic = new();
        string text = string.Concat(Enumerable.Range(0, 400_000).Select(i => $"line {i}\n"));
        File.WriteAllText(Path.Join(restic.SourcePath, "text"), text);
        List<string> ids = restic.BackUp()["text"];
        Assert.True(ids.Count > 1);

        using RepositoryKey key = OpenKey(restic, ResticsOwnRepository.Password);
        byte[] index = Decrypt(key, File.ReadAllBytes(Directory.GetFiles(restic["index"]).Single()));
        Assert.Equal(2, index[0]);
        JsonElement packs = JsonDocument.Parse(zstandard.Decompress(index.AsSpan(1), MiB))
            .RootElement.GetProperty("packs");
        Dictionary<string, string> contents = [];
        foreach (JsonElement pack in packs.EnumerateArray())
        {
            string packId = pack.GetProperty("id").GetString()!;
            byte[] file = File.ReadAllBytes(restic["data", packId[..2], packId]);
            foreach (JsonElement blob in pack.GetProperty("blobs").EnumerateArray())
            {
                int offset = blob.GetProperty("offset").GetInt32();
                byte[] compressed = Decrypt(key, file.AsSpan(offset, blob.GetProperty("length").GetInt32()));
                byte[] content = new byte[blob.GetProperty("uncompressed_length").GetInt32()];
                zstandard.Decompress(compressed, content);
                Assert.Equal(blob.GetProperty("id").GetString(), ObjectId.Hash(content).ToString());
                contents.Add(ObjectId.Hash(content).ToString(), Encoding.UTF8.GetString(content));
            }
        }

        Assert.Equal(text, string.Concat(ids.Select(id => contents[id])));
    }

    private static RepositoryKey OpenKey(ResticsOwnRepository restic, string password)
    {
        string path = Directory.GetFiles(restic["keys"]).Single();
        JsonElement file = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        byte[] derived = new byte[RepositoryKey.Length];
        Scrypt.DeriveKey(
            Encoding.UTF8.GetBytes(password),
            file.GetProperty("salt").GetBytesFromBase64(),
            file.GetProperty("N").GetInt32(),
            file.GetProperty("r").GetInt32(),
            file.GetProperty("p").GetInt32(),
            derived);
        using RepositoryKey user = new(derived);
        byte[] data = Decrypt(user, file.GetProperty("data").GetBytesFromBase64());
        JsonElement master = JsonDocument.Parse(data).RootElement;
        JsonElement mac = master.GetProperty("mac");
        return new RepositoryKey(
        [
            .. master.GetProperty("encrypt").GetBytesFromBase64(),
            .. mac.GetProperty("k").GetBytesFromBase64(),
            .. mac.GetProperty("r").GetBytesFromBase64(),
        ]);
    }

    private static ChunkPolynomial Polynomial(ResticsOwnRepository restic, RepositoryKey key)
    {
        JsonElement config = JsonDocument.Parse(Decrypt(key, File.ReadAllBytes(restic["config"]))).RootElement;
        string text = config.GetProperty("chunker_polynomial").GetString()!;
        Assert.True(ChunkPolynomial.TryParse(text, out ChunkPolynomial polynomial));
        return polynomial;
    }

    private static List<string> PieceIds(ChunkPolynomial polynomial, byte[] content)
    {
        Chunker chunker = new(polynomial);
        List<string> ids = [];
        while (chunker.FindCut(content, isEnd: true) is int cut and >= 0)
        {
            ids.Add(ObjectId.Hash(content.AsSpan(0, cut)).ToString());
            content = content[cut..];
        }

        return ids;
    }

    private static byte[] Decrypt(RepositoryKey key, ReadOnlySpan<byte> ciphertext)
    {
        byte[] plain = new byte[ciphertext.Length - RepositoryKey.Overhead];
        Assert.Equal(plain.Length, key.Decrypt(ciphertext, plain));
        return plain;
    }
}
