using System.Globalization;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Reliability.Live;

/// <summary>
/// The tables that writers change, and what holds at every commit: the sum over two tables, the number of rows that each
/// writer says it has, and that its rows are of its transactions up to the last, without a hole.
/// </summary>
internal static class LedgerSchema
{
    public const int Accounts = 200;
    private const int Sum = 2 * Accounts * 100;

    /// <summary>Makes a database.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="journalMode">Its journal mode.</param>
    /// <param name="rows">Rows of about a kilobyte that nobody changes, so that a copy takes its time.</param>
    public static void Create(string path, string journalMode, int rows)
    {
        using SqliteConnection connection = Open(path);
        connection.Execute("PRAGMA auto_vacuum=INCREMENTAL");
        connection.Execute("PRAGMA journal_mode=" + journalMode);
        connection.Execute("CREATE TABLE credit(id INTEGER PRIMARY KEY, amount INT)");
        connection.Execute("CREATE TABLE debit(id INTEGER PRIMARY KEY, amount INT)");
        connection.Execute("CREATE TABLE writer(id INTEGER PRIMARY KEY, commits INT, added INT, removed INT)");
        connection.Execute("CREATE TABLE log(id INTEGER PRIMARY KEY, writer INT, number INT, note BLOB)");
        connection.Execute("CREATE INDEX log_writer ON log(writer, number)");
        connection.Execute("CREATE TABLE ballast(id INTEGER PRIMARY KEY, note BLOB)");
        connection.Execute(Format(
            $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{Accounts}) INSERT INTO credit SELECT i, 100 FROM n"));
        connection.Execute("INSERT INTO debit SELECT id, 100 FROM credit");
        connection.Execute(Format(
            $"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i<{Ledger.MaxWriters - 1}) INSERT INTO writer SELECT i, 0, 0, 0 FROM n"));
        connection.Execute(Format(
            $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{rows}) INSERT INTO ballast SELECT i, randomblob(1000) FROM n"));
    }

    public static SqliteConnection Open(string path)
    {
        SqliteConnection connection = SqliteConnection.Open(
            DatabaseUri.Create(path, "mode=rwc"), SqliteNative.OpenReadWrite | SqliteNative.OpenCreate);

        // Longer than any copy here takes, other work on the machine included.
        connection.Execute("PRAGMA busy_timeout=120000");
        return connection;
    }

    /// <summary>Fails unless a copy that nobody uses is sound and one transaction's view, and tells how far each writer was.</summary>
    public static long[] Check(string path)
    {
        using SqliteConnection copy = SqliteConnection.Open(
            DatabaseUri.Create(path, "mode=ro&immutable=1"), SqliteNative.OpenReadOnly);
        Assert.Equal([("ok", string.Empty)], copy.QueryTexts("PRAGMA integrity_check"));
        Assert.Equal(Sum, copy.QueryInt64("SELECT (SELECT sum(amount) FROM credit) + (SELECT sum(amount) FROM debit)"));
        Assert.Equal(0, copy.QueryInt64(
            "SELECT count(*) FROM writer AS w WHERE added - removed <> (SELECT count(*) FROM log WHERE log.writer = w.id)"));
        Assert.Equal(0, copy.QueryInt64(
            """
            SELECT count(*) FROM writer AS w JOIN
                (SELECT writer, min(number) AS first, max(number) AS last, count(DISTINCT number) AS numbers FROM log GROUP BY writer) AS l
                ON l.writer = w.id
            WHERE l.last <> w.commits OR l.numbers <> l.last - l.first + 1
            """));
        return [.. copy.QueryTexts("SELECT commits FROM writer ORDER BY id").Select(static row => long.Parse(row.First, CultureInfo.InvariantCulture))];
    }

    public static string Format(FormattableString sql) => sql.ToString(CultureInfo.InvariantCulture);
}
