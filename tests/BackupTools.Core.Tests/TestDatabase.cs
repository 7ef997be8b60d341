using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests;

/// <summary>Makes databases and asks them, with the engine that the core uses.</summary>
internal static class TestDatabase
{
    /// <summary>Makes or changes a database and closes it.</summary>
    public static void Execute(string path, params string[] statements)
    {
        using SqliteConnection connection = Open(path);
        foreach (string statement in statements)
        {
            connection.Execute(statement);
        }
    }

    /// <summary>Opens a database for writing; it is made where missing.</summary>
    public static SqliteConnection Open(string path) =>
        SqliteConnection.Open(DatabaseUri.Create(path, "mode=rwc"), SqliteNative.OpenReadWrite | SqliteNative.OpenCreate);

    /// <summary>Asks a database that nobody has open, without making anything beside it.</summary>
    public static IReadOnlyList<(string First, string Second)> Query(string path, string sql)
    {
        using SqliteConnection connection =
            SqliteConnection.Open(DatabaseUri.Create(path, "mode=ro&immutable=1"), SqliteNative.OpenReadOnly);
        return connection.QueryTexts(sql);
    }

    public static string Scalar(string path, string sql) => Query(path, sql)[0].First;
}
