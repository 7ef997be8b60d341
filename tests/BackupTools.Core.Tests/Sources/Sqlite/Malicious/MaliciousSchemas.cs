using BackupTools.Core.Sources.Sqlite;
using static BackupTools.Core.Tests.Sources.Sqlite.Malicious.DatabaseForge;

namespace BackupTools.Core.Tests.Sources.Sqlite.Malicious;

/// <summary>Schemas that do more than to describe tables.</summary>
internal static class MaliciousSchemas
{
    public static IEnumerable<MaliciousDatabase> All()
    {
        (string Name, string Sql)[] objects =
        [
            ("a check that loads a library", "CREATE TABLE c(x CHECK(load_extension('%canary%') IS NULL))"),
            ("a default that writes a file", "CREATE TABLE c(x, y DEFAULT (writefile('%canary%','gone')))"),
            ("a view that loads a library", "CREATE VIEW c AS SELECT load_extension('%canary%')"),
            ("a view of itself", "CREATE VIEW c AS SELECT * FROM c"),
            ("a table in place of a module's", "CREATE VIRTUAL TABLE c USING csv(filename='%canary%')"),
            ("an unknown module", "CREATE VIRTUAL TABLE c USING nobody_has_this"),
            ("a full-text index without its tables", "CREATE VIRTUAL TABLE c USING fts5(x)"),
            ("an old full-text index without its tables", "CREATE VIRTUAL TABLE c USING fts3(x)"),
            ("a spatial index without its tables", "CREATE VIRTUAL TABLE c USING rtree(a,b,c)"),
            ("a table of the pages", "CREATE VIRTUAL TABLE c USING dbstat"),
            ("a trigger that loads a library", "CREATE TRIGGER c AFTER INSERT ON t BEGIN SELECT load_extension('%canary%'); END"),
            ("a text that is no SQL", "CREATE TABLE c(((((("),
            ("a text with a second statement", "CREATE TABLE c(x); ATTACH '%canary%' AS y"),
            ("brackets beyond counting", "CREATE TABLE c(x CHECK(" + new string('(', 100_000) + "1" + new string(')', 100_000) + "))"),
            ("a sum without end", "CREATE TABLE c(x CHECK(" + string.Join('+', Enumerable.Repeat("1", 100_000)) + "))"),
            ("a text of 8 MiB", "CREATE TABLE c(x DEFAULT '" + new string('a', 8 * 1024 * 1024) + "')"),
        ];
        foreach ((string name, string sql) in objects)
        {
            yield return new(name, (path, canary) =>
            {
                DatabaseForge.Make(path);
                string type = sql.Split(' ')[1] is "VIEW" ? "view" : sql.Split(' ')[1] is "TRIGGER" ? "trigger" : "table";
                string root = type == "table" && !sql.Contains("VIRTUAL", StringComparison.Ordinal) ? "2" : "0";
                string text = sql.Replace("%canary%", canary, StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
                EditSchema(path, $"INSERT INTO sqlite_master VALUES('{type}','c','{(type == "trigger" ? "t" : "c")}',{root},'{text}')");
            });
        }

        (string Name, string Statement)[] edits =
        [
            ("a table whose root is the schema", "UPDATE sqlite_master SET rootpage=1"),
            ("a table whose root is nowhere", "UPDATE sqlite_master SET rootpage=2147483647"),
            ("a table whose root is negative", "UPDATE sqlite_master SET rootpage=-1"),
            ("a table whose root is a text", "UPDATE sqlite_master SET rootpage='x'"),
            ("a table twice", "INSERT INTO sqlite_master SELECT * FROM sqlite_master"),
            ("an index of nothing", "INSERT INTO sqlite_master VALUES('index','i','nothing',2,NULL)"),
            ("a table without a text", "UPDATE sqlite_master SET sql=NULL"),
            ("a table without a name", "UPDATE sqlite_master SET name=NULL"),
            ("a table named by bytes", "UPDATE sqlite_master SET name=x'00ff00', tbl_name=x'00ff00'"),
            ("an unknown kind of thing", "UPDATE sqlite_master SET type='gift'"),
            ("a table that says that it is SQLite's own", "UPDATE sqlite_master SET name='sqlite_stat1', tbl_name='sqlite_stat1', sql='CREATE TABLE sqlite_stat1(x,y,z)'"),
        ];
        foreach ((string name, string statement) in edits)
        {
            yield return new(name, (path, _) =>
            {
                DatabaseForge.Make(path);
                EditSchema(path, statement);
            });
        }

        (string Name, string[] Statements)[] honest =
        [
            ("a check that makes huge texts", ["CREATE TABLE c(x CHECK(length(hex(zeroblob(300000000+x*0)))>0 OR 1))"]),
            ("a check that compares without end", ["CREATE TABLE c(x CHECK(hex(zeroblob(400000+x*0)) NOT LIKE '%1%1%1%1%1%1%1%1%1%1%1%1%'))"]),
            ("an index of huge texts", ["CREATE TABLE c(x)", "CREATE INDEX i ON c(hex(zeroblob(1000+x*0)))"]),
        ];
        foreach ((string name, string[] statements) in honest)
        {
            yield return new(name, (path, _) =>
            {
                DatabaseForge.Make(path, 10);
                using SqliteConnection connection = Open(path);
                connection.Execute("PRAGMA ignore_check_constraints=ON");
                foreach (string statement in statements)
                {
                    connection.Execute(statement);
                }

                connection.Execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) INSERT INTO c(x) SELECT i FROM n");
            });
        }
    }
}
