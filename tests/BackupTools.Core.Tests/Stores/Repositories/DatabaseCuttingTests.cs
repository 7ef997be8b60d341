using System.Globalization;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Stores.Repositories;

public sealed class DatabaseCuttingTests : IDisposable
{
    private readonly RepositoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    // Lengths at, before and behind that of the longest piece, where reading and cutting take turns.
    [Theory]
    [InlineData(512, 100 * 1024)]
    [InlineData(512, 3 * 1024 * 1024)]
    [InlineData(4096, (1024 * 1024) - 4096)]
    [InlineData(4096, 1024 * 1024)]
    [InlineData(4096, (1024 * 1024) + 4096)]
    [InlineData(4096, (5 * 1024 * 1024) + 12288)]
    [InlineData(65536, 1024 * 1024)]
    [InlineData(65536, (2 * 1024 * 1024) + 65536)]
    public void A_database_of_any_length_is_stored_whole(int pageSize, int length)
    {
        string database = _scene["app.db"];
        TestDatabase.Execute(
            database,
            string.Create(CultureInfo.InvariantCulture, $"PRAGMA page_size={pageSize}"),
            "PRAGMA journal_mode=DELETE",
            "CREATE TABLE t(x INTEGER PRIMARY KEY, y BLOB)");
        while (new FileInfo(database).Length < length)
        {
            // A row to a page of its own, so that the length can be met.
            TestDatabase.Execute(
                database,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{Math.Max(1, (length - new FileInfo(database).Length) / pageSize / 2)})
                    INSERT INTO t(y) SELECT randomblob({pageSize * 3 / 5}) FROM n
                    """));
        }

        StoredSnapshot snapshot = _scene.Take(database);
        Assert.Equal(new FileInfo(database).Length, snapshot.Manifest.Bytes);
        _scene.Restore(_scene.Store, _scene["restored.db"]);

        // The copy has a change counter of its own (https://sqlite.org/fileformat2.html, 1.3).
        byte[] expected = File.ReadAllBytes(database);
        byte[] actual = File.ReadAllBytes(_scene["restored.db"]);
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.AsSpan(100).SequenceEqual(actual.AsSpan(100)));
    }
}
