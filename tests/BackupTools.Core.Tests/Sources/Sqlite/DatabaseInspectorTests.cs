using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite;

public sealed class DatabaseInspectorTests
{
    [Fact]
    public void A_database_that_the_system_does_not_open_is_not_called_corrupt()
    {
        using TemporaryDirectory directory = new();
        string path = directory["app.db"];
        TestDatabase.Execute(path, "CREATE TABLE t(x)");
        Assert.Equal(CheckResult.Ok, DatabaseInspector.Check(path, CheckLevel.Quick, CancellationToken.None).Result);
        File.Delete(path);

        SqliteException check = Assert.Throws<SqliteException>(() => DatabaseInspector.Check(path, CheckLevel.Quick, CancellationToken.None));
        SqliteException count = Assert.Throws<SqliteException>(() => DatabaseInspector.Count(path, CancellationToken.None));

        Assert.True(check.IsOfTheSystem && count.IsOfTheSystem);
        Assert.Contains(path, check.Message, StringComparison.Ordinal);
    }
}
