using System.Globalization;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Reliability.Large;

/// <summary>A database beyond what the page cache of a small machine holds.</summary>
internal sealed class LargeDatabaseAttack : IAttack
{
    private const int RowsPerGibibyte = 1 << 18;
    private const int RowsAtOnce = 1 << 14;

    public string Name => "large-database";

    public IReadOnlyList<int> Invariants => [4, 5, 11];

    public void Run(AttackRun run)
    {
        // Three of them at a time: source, payload and what is restored.
        bool hasRoom = new DriveInfo(Path.GetTempPath()).AvailableFreeSpace >> 30 >= 70;
        int size = hasRoom ? 20 : 10;
        LargeRun.AtTwoSizes(run, "database", size, "GiB", 3 * size, Measure);
    }

    private static void Measure(LargeRun large, int gibibytes)
    {
        string source = large["app.db"];
        string made = Make(source, gibibytes * RowsPerGibibyte);
        large.Step("new", static _ => { }, "new", "app.db", "--to", "store");
        large.Step("list", static done => Assert.Single(done.Objects), "list", "store", "--json");
        large.Step("verify", static done => Assert.Equal("ok", Assert.Single(done.Objects).GetProperty("result").GetString()), "verify", "store", "--json");
        large.Step(
            "restore",
            _ =>
            {
                Assert.Equal(made, Content(large["restored.db"]));

                // The first page counts changes of the copy itself.
                Tool.Run("cmp", ["--ignore-initial=4096", source, large["restored.db"]]);
            },
            "restore",
            "store",
            "--to",
            "restored.db");
        large.Delete("restored.db");

        // A small one of the same series, so that pruning may remove the large one.
        large.Delete("app.db");
        Make(source, RowsAtOnce);
        large.Step("new, small", static _ => { }, "new", "app.db", "--to", "store");
        large.Step(
            "prune",
            _ => Assert.Single(Directory.EnumerateFiles(large["store"], "*.db")),
            "prune",
            "store",
            "--keep-last",
            "1");
    }

    // A row fills a page; random once, and repeated, as that is faster than the disk.
    private static string Make(string path, int rows)
    {
        using (SqliteConnection connection = TestDatabase.Open(path))
        {
            connection.Execute("PRAGMA journal_mode=OFF");
            connection.Execute("PRAGMA synchronous=OFF");
            connection.Execute("PRAGMA cache_size=-200000");
            connection.Execute("CREATE TABLE item(id INTEGER PRIMARY KEY, number INT, note BLOB)");
            connection.Execute(Sql(
                $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{RowsAtOnce}) INSERT INTO item SELECT i, i*7919 % 1000003, randomblob(3900) FROM n"));
            for (int more = RowsAtOnce; more < rows; more += RowsAtOnce)
            {
                connection.Execute(Sql($"INSERT INTO item SELECT id + {more}, (number + {more}) % 1000003, note FROM item WHERE id <= {RowsAtOnce}"));
            }

            connection.Execute("PRAGMA journal_mode=WAL");
        }

        return Content(path);
    }

    private static string Content(string path) =>
        TestDatabase.Scalar(path, "SELECT count(*) || ' ' || sum(number) || ' ' || total(length(note)) FROM item");

    private static string Sql(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
