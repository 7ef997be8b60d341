using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>Scripts depend on these names.</summary>
public class JsonOutputTests
{
    private static readonly string[] s_error = ["status", "error_id", "path", "message"];
    private static readonly string[] s_paths = ["manifest_path", "snapshot_path"];

    private static readonly string[] s_directoryManifest =
    [
        "format_version", "id", "kind", "name", "snapshot", "created_at", "source", "host", "tool", "version", "bytes", "sha256",
        "listing", "entry_count", "sections", "check", "tags", "incomplete", "errors", "skipped",
    ];

    private static readonly string[] s_databaseManifest =
    [
        "format_version", "id", "kind", "name", "snapshot", "created_at", "source", "source_db", "host", "tool", "version", "bytes",
        "sha256", "file", "entry_count", "sections", "sqlite", "check", "tags", "incomplete", "errors", "skipped",
    ];

    [Fact]
    public void Each_command_writes_the_properties_that_are_documented()
    {
        using TemporaryDirectory directory = new();
        JsonElement made = Samples.Snapshot(directory);
        Assert.Equal([.. s_directoryManifest, .. s_paths, "removed"], made.Names());
        Assert.Equal([.. s_directoryManifest, .. s_paths, "state"], One(directory, 0, "list", "backups").Names());
        Assert.Equal(["snapshot", "level", "result", "problems"], One(directory, 0, "verify", "backups").Names());
        Assert.Equal(["snapshot", "action", "reasons"], One(directory, 0, "prune", "backups", "--keep-last", "1").Names());

        JsonElement plan = One(directory, 0, "restore", "backups", "--to", "target", "--dry-run");
        Assert.Equal(["status", "from", "to", "previous", "bytes", "steps"], plan.Names());
        Assert.Equal("planned", plan.Text("status"));
        Assert.False(Directory.Exists(directory["target"]));

        JsonElement restored = One(directory, 0, "restore", "backups", "--to", "target");
        Assert.Equal(["status", "from", "to", "previous", "bytes", "entry_count", "verified"], restored.Names());
        Assert.Equal("restored", restored.Text("status"));
        Assert.Equal(JsonValueKind.Null, restored.GetProperty("previous").ValueKind);
        foreach (string command in (string[])["list", "verify"])
        {
            Assert.Equal(s_error, One(directory, 1, command, "nowhere").Names());
        }

        Assert.Equal(s_error, One(directory, 1, "restore", "nowhere", "--to", "target").Names());
        Assert.Equal(s_error, One(directory, 1, "prune", "nowhere", "--keep-last", "1").Names());
    }

    [SkippableFact]
    public void A_database_snapshot_has_the_properties_that_are_documented()
    {
        SqliteShell.SkipWhereMissing();
        using TemporaryDirectory directory = new();
        SqliteShell.CreateAccounts(directory, directory["app.db"]);
        Assert.Equal([.. s_databaseManifest, .. s_paths, "removed"], One(directory, 0, "new", "app.db", "--to", "backups").Names());
        Assert.Equal([.. s_databaseManifest, .. s_paths, "state"], One(directory, 0, "list", "backups").Names());
    }

    [Fact]
    public void Standard_output_holds_nothing_but_objects_even_where_there_is_much_to_tell()
    {
        using TemporaryDirectory directory = new();
        Samples.Source(directory);
        string[] arguments = ["new", "source", "nowhere", "source", "--to", "backups", "--keep", "1", "--verbose", "--json"];
        IReadOnlyList<JsonElement> results = BackupToolsProcess.Run(directory, arguments).Expect(1).Objects;
        Assert.Equal(3, results.Count);
        Assert.Equal(results[0].Text("snapshot_path"), results[2].GetProperty("removed")[0].GetString());
    }

    [Fact]
    public void The_manifest_on_disk_and_the_one_on_standard_output_are_the_same()
    {
        using TemporaryDirectory directory = new();
        JsonElement made = Samples.Snapshot(directory);
        JsonElement stored = JsonDocument.Parse(File.ReadAllBytes(made.Text("manifest_path"))).RootElement;
        foreach (JsonProperty property in stored.EnumerateObject())
        {
            Assert.True(JsonElement.DeepEquals(property.Value, made.GetProperty(property.Name)), property.Name);
        }
    }

    private static JsonElement One(TemporaryDirectory directory, int exitCode, params string[] arguments) =>
        Assert.Single(BackupToolsProcess.Run(directory, [.. arguments, "--json"]).Expect(exitCode).Objects);
}
