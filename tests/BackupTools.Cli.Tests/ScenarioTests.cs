using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>What the program is for, from the first snapshot to the last removed one, on live databases.</summary>
public class ScenarioTests
{
    [SkippableTheory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void A_database_comes_back_as_it_was_while_another_process_wrote(string journalMode)
    {
        SqliteShell.SkipWhereMissing();
        using TemporaryDirectory directory = new();
        string database = directory["app.db"];
        SqliteShell.CreateAccounts(directory, database, journalMode);
        JsonElement first;
        JsonElement second;
        using (new LiveWriter(directory, database))
        {
            first = Assert.Single(BackupToolsProcess.Run(directory, "new", "app.db", "--to", "backups", "--json").Expect(0).Objects);
            second = Assert.Single(BackupToolsProcess.Run(directory, "new", "app.db", "--to", "backups", "--json").Expect(0).Objects);
        }

        IReadOnlyList<JsonElement> listed = BackupToolsProcess.Run(directory, "list", "backups", "--json").Expect(0).Objects;
        Assert.Equal([first.Text("id"), second.Text("id")], listed.Select(snapshot => snapshot.Text("id")));
        Assert.All(listed, snapshot => Assert.Equal("complete", snapshot.Text("state")));

        IReadOnlyList<JsonElement> verified =
            BackupToolsProcess.Run(directory, "verify", "backups", "--level", "rehearse", "--json").Expect(0).Objects;
        Assert.Equal(2, verified.Count);
        Assert.All(verified, result => Assert.Equal("ok", result.Text("result")));

        string asItWas = SqliteShell.Dump(directory, second.Text("snapshot_path"));
        SqliteShell.Run(directory, database, "DELETE FROM account; DROP TABLE event;");
        string changed = SqliteShell.Dump(directory, database);
        JsonElement restored =
            Assert.Single(BackupToolsProcess.Run(directory, "restore", "backups", "--to", "app.db", "--json").Expect(0).Objects);

        Assert.Equal(second.Text("snapshot_path"), restored.Text("from"));
        Assert.True(restored.GetProperty("verified").GetBoolean());
        Assert.Equal(asItWas, SqliteShell.Dump(directory, database));
        Assert.Equal(1000, SqliteShell.Number(directory, database, "SELECT sum(amount) FROM account"));
        Assert.Equal("ok", SqliteShell.Run(directory, database, "PRAGMA integrity_check"));
        Assert.Equal(changed, SqliteShell.Dump(directory, restored.Text("previous")));
        AssertPrunesToTheNewest(directory, first, second);
    }

    [SkippableFact]
    public void A_directory_with_databases_comes_back_as_it_was_while_another_process_wrote()
    {
        SqliteShell.SkipWhereMissing();
        using TemporaryDirectory directory = new();
        string source = directory["state"];
        string[] databases = [Path.Join(source, "one.db"), Path.Join(source, "deep", "er", "two.sqlite"), Path.Join(source, "deep", "ledger")];
        Directory.CreateDirectory(Path.Join(source, "deep", "er"));
        foreach (string database in databases)
        {
            SqliteShell.CreateAccounts(directory, database);
        }

        File.WriteAllText(Path.Join(source, ".settings"), "colour = blue");
        JsonElement first;
        JsonElement second;
        using (new LiveWriter(directory, databases[2]))
        {
            first = Assert.Single(BackupToolsProcess.Run(directory, "new", "state", "--to", "backups", "--json").Expect(0).Objects);
            second = Assert.Single(BackupToolsProcess.Run(directory, "new", "state", "--to", "backups", "--json").Expect(0).Objects);
        }

        Assert.Equal(2, BackupToolsProcess.Run(directory, "list", "backups", "--json").Expect(0).Objects.Count);
        IReadOnlyList<JsonElement> verified =
            BackupToolsProcess.Run(directory, "verify", "backups", "--level", "rehearse", "--json").Expect(0).Objects;
        Assert.All(verified, result => Assert.Equal("ok", result.Text("result")));

        string[] asTheyWere = Dumps(directory, databases, source, second.Text("snapshot_path"));
        File.WriteAllText(Path.Join(source, ".settings"), "colour = red");
        File.WriteAllText(Path.Join(source, "stray"), "not in the snapshot");
        File.Delete(databases[0]);
        SqliteShell.Run(directory, databases[1], "DELETE FROM account");
        SqliteShell.Run(directory, databases[2], "DROP TABLE event");
        JsonElement restored =
            Assert.Single(BackupToolsProcess.Run(directory, "restore", "backups", "--to", "state", "--json").Expect(0).Objects);

        Assert.Equal(asTheyWere, Dumps(directory, databases, source, source));
        Assert.All(databases, database => Assert.Equal(1000, SqliteShell.Number(directory, database, "SELECT sum(amount) FROM account")));
        Assert.Equal("colour = blue", File.ReadAllText(Path.Join(source, ".settings")));
        Assert.False(File.Exists(Path.Join(source, "stray")));
        string previous = restored.Text("previous");
        Assert.Equal("colour = red", File.ReadAllText(Path.Join(previous, ".settings")));
        Assert.Equal("not in the snapshot", File.ReadAllText(Path.Join(previous, "stray")));
        Assert.Equal(0, SqliteShell.Number(directory, Path.Join(previous, "deep", "er", "two.sqlite"), "SELECT count(*) FROM account"));
        AssertPrunesToTheNewest(directory, first, second);
    }

    private static void AssertPrunesToTheNewest(TemporaryDirectory directory, JsonElement first, JsonElement second)
    {
        Dictionary<string, string> expected = new() { [first.Text("snapshot_path")] = "remove", [second.Text("snapshot_path")] = "keep" };
        foreach (string[] mode in (string[][])[["--dry-run"], []])
        {
            IReadOnlyList<JsonElement> decisions =
                BackupToolsProcess.Run(directory, ["prune", "backups", "--keep-last", "1", "--json", .. mode]).Expect(0).Objects;
            Assert.Equal(expected, decisions.ToDictionary(decision => decision.Text("snapshot"), decision => decision.Text("action")));
            bool isDone = mode.Length == 0;
            Assert.Equal(!isDone, Path.Exists(first.Text("snapshot_path")));
            Assert.Equal(!isDone, Path.Exists(first.Text("manifest_path")));
        }

        JsonElement left = Assert.Single(BackupToolsProcess.Run(directory, "list", "backups", "--json").Expect(0).Objects);
        Assert.Equal(second.Text("id"), left.Text("id"));
    }

    private static string[] Dumps(TemporaryDirectory directory, string[] databases, string source, string root) =>
        [.. databases.Select(database => SqliteShell.Dump(directory, Path.Join(root, Path.GetRelativePath(source, database))))];
}
