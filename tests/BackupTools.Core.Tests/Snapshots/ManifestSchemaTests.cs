using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Stores.Repositories;
using NJsonSchema;

namespace BackupTools.Core.Tests.Snapshots;

public sealed class ManifestSchemaTests
{
    private static readonly string s_text = File.ReadAllText(SchemaPath());
    private static readonly JsonSchema s_schema = JsonSchema.FromJsonAsync(s_text).GetAwaiter().GetResult();

    public static TheoryData<string, string> Wrong => new()
    {
        { "sqlite", """{ "format_version": 2 }""" },
        { "sqlite", """{ "format_version": "1" }""" },
        { "sqlite", """{ "id": "" }""" },
        { "sqlite", """{ "kind": "directory" }""" },
        { "sqlite", """{ "kind": "vault" }""" },
        { "sqlite", """{ "snapshot": "../app.db" }""" },
        { "sqlite", """{ "snapshot": "/etc/passwd" }""" },
        { "sqlite", """{ "snapshot": ".." }""" },
        { "sqlite", """{ "created_at": "yesterday" }""" },
        { "sqlite", """{ "created_at": "2026-11-21T03:42:18+01:00" }""" },
        { "sqlite", """{ "version": 1 }""" },
        { "sqlite", """{ "bytes": -1 }""" },
        { "sqlite", """{ "bytes": 1.5 }""" },
        { "sqlite", """{ "sha256": "ABC" }""" },
        { "sqlite", """{ "sha256": null }""" },
        { "sqlite", """{ "listing": "app.files.jsonl" }""" },
        { "sqlite", """{ "source_db": null }""" },
        { "sqlite", """{ "file": { "mode": 420 } }""" },
        { "sqlite", """{ "file": { "uid": -1 } }""" },
        { "sqlite", """{ "sections": [{ "name": "t" }] }""" },
        { "sqlite", """{ "sections": {} }""" },
        { "sqlite", """{ "sqlite": { "page_size": 4096 } }""" },
        { "sqlite", """{ "check": { "level": "quick", "result": "fine" } }""" },
        { "sqlite", """{ "tags": [1] }""" },
        { "sqlite", """{ "incomplete": "no" }""" },
        { "sqlite", """{ "errors": [{ "path": "a" }] }""" },
        { "directory", """{ "kind": "sqlite" }""" },
        { "directory", """{ "listing": null }""" },
        { "directory", """{ "listing": "a/b.files.jsonl" }""" },
        { "directory", """{ "source_db": "/state" }""" },
    };

    [Fact]
    public void A_database_manifest_with_every_field_fits_the_schema() => AssertFits(DatabaseManifest);

    [Fact]
    public void A_directory_manifest_with_every_field_fits_the_schema() => AssertFits(DirectoryManifest);

    [Fact]
    public void A_manifest_with_nothing_optional_fits_the_schema() => AssertFits(DatabaseManifest with
    {
        SourceRaw = null,
        File = null,
        Sqlite = null,
        Check = null,
        Comment = null,
        Sections = [],
        Tags = [],
        Errors = [],
        Skipped = [],
    });

    [Fact]
    public void Every_value_that_an_enumeration_can_have_fits_the_schema()
    {
        foreach (CaptureMethod capture in Enum.GetValues<CaptureMethod>())
        {
            AssertFits(DatabaseManifest with { Sqlite = DatabaseManifest.Sqlite! with { Capture = capture } });
        }

        foreach (CheckResult result in Enum.GetValues<CheckResult>())
        {
            foreach (CheckLevel level in Enum.GetValues<CheckLevel>())
            {
                AssertFits(DatabaseManifest with
                {
                    Check = new SnapshotCheck(JsonNamingPolicy.SnakeCaseLower.ConvertName(level.ToString()), result),
                });
            }
        }
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_manifest_does_not_fit(string kind, string change)
    {
        JsonObject manifest = Serialize(kind == SnapshotKind.Sqlite ? DatabaseManifest : DirectoryManifest);
        foreach ((string key, JsonNode? value) in JsonNode.Parse(change)!.AsObject())
        {
            // A null takes the key away.
            _ = manifest.Remove(key);
            if (value is not null)
            {
                manifest[key] = value.DeepClone();
            }
        }

        Assert.NotEmpty(s_schema.Validate(manifest.ToJsonString()));
    }

    [Fact]
    public void The_manifests_of_snapshots_that_were_taken_fit_the_schema()
    {
        using TemporaryDirectory temporary = new();
        string state = Directory.CreateDirectory(temporary["state"]).FullName;
        string database = Path.Join(state, "app.db");
        TestDatabase.Execute(database, "CREATE TABLE t(a)", "INSERT INTO t VALUES (1)");
        Directory.CreateDirectory(Path.Join(state, "notes"));
        File.WriteAllText(Path.Join(state, "notes", "a.txt"), "a");
        foreach (string source in (string[])[database, state])
        {
            StoredSnapshot snapshot = SnapshotTaker.Take(
                new NewSnapshotRequest { Source = source, Store = temporary["backups"], Tags = ["t"], Comment = "c" },
                new RecordingObserver(),
                CancellationToken.None).Snapshot;
            JsonObject written = JsonNode.Parse(File.ReadAllText(snapshot.ManifestPath))!.AsObject();
            Assert.Empty(s_schema.Validate(written.ToJsonString()).Select(error => error.ToString()));
            AssertDescribed(written, JsonNode.Parse(s_text)!.AsObject());
        }
    }

    [Fact]
    public void The_manifests_that_travel_in_a_repository_fit_the_schema()
    {
        using RepositoryScene scene = new();
        Directory.CreateDirectory(scene["state"]);
        string database = scene.MakeDatabase("state/app.db", 10);
        foreach (string source in (string[])[database, scene["state"]])
        {
            // As they are written: which id the snapshot gets is known only afterwards.
            JsonObject written = Serialize(scene.Take(source).Manifest with { Snapshot = string.Empty });
            Assert.Empty(s_schema.Validate(written.ToJsonString()).Select(error => error.ToString()));
            AssertDescribed(written, JsonNode.Parse(s_text)!.AsObject());
        }
    }

    [Fact]
    public void Every_key_that_is_always_written_is_required()
    {
        JsonObject all = Serialize(DatabaseManifest);
        foreach (string key in JsonNode.Parse(s_text)!["required"]!.AsArray().Select(node => node!.GetValue<string>()))
        {
            JsonObject manifest = all.DeepClone().AsObject();
            Assert.True(manifest.Remove(key), key);
            Assert.True(s_schema.Validate(manifest.ToJsonString()).Count > 0, key);
        }
    }

    private static SnapshotManifest DatabaseManifest => new()
    {
        Id = Guid.CreateVersion7().ToString(),
        Kind = SnapshotKind.Sqlite,
        Name = "app",
        Snapshot = "app-2026-11-21T034218Z.db",
        CreatedAt = new DateTime(2026, 11, 21, 3, 42, 18, 123, DateTimeKind.Utc),
        Source = "/data/a\uFFFD.db",
        SourceRaw = [(byte)'/', 0xff],
        SourceDb = "/data/a\uFFFD.db",
        Host = "host",
        Tool = "BackupTools",
        Version = "0.1.0",
        Bytes = long.MaxValue,
        Sha256 = new string('0', 64),
        File = new SourceFileInfo
        {
            Mode = "0644",
            Uid = uint.MaxValue,
            Gid = 0,
            Owner = "root",
            Group = "root",
            Modified = "2026-11-21T03:42:18.123456789Z",
        },
        EntryCount = 2,
        Sections = [new SnapshotSection("note", 2), new SnapshotSection("empty", 0)],
        Sqlite = new SqliteInfo
        {
            PageSize = 65536,
            PageCount = 3,
            JournalMode = "wal",
            UserVersion = int.MinValue,
            ApplicationId = int.MaxValue,
            Capture = CaptureMethod.Exact,
            EngineVersion = "3.40.1",
            LockedMs = 12,
        },
        Check = new SnapshotCheck("quick", CheckResult.Corrupt, "row 1 missing from index"),
        Tags = ["before-upgrade"],
        Comment = "a \"comment\"\nin two lines",
        Incomplete = true,
        Errors = [new SnapshotProblem("a", "permission denied")],
        Skipped = [new SnapshotProblem("run/socket", "a socket")],
    };

    private static SnapshotManifest DirectoryManifest => DatabaseManifest with
    {
        Kind = SnapshotKind.Directory,
        Name = "state",
        Snapshot = "state-2026-11-21T034219Z-2",
        Listing = "state-2026-11-21T034219Z-2.files.jsonl",
        SourceDb = null,
        File = null,
        Sqlite = null,
        Sections = [new SnapshotSection(".", 1, 10), new SnapshotSection("memory/facts", 1, 0)],
    };

    private static void AssertFits(SnapshotManifest manifest)
    {
        JsonObject json = Serialize(manifest);
        Assert.Empty(s_schema.Validate(json.ToJsonString()).Select(error => error.ToString()));
        AssertDescribed(json, JsonNode.Parse(s_text)!.AsObject());
    }

    // The schema lets other keys pass, as readers do; what is written here it has to tell.
    private static void AssertDescribed(JsonObject json, JsonObject schema)
    {
        foreach ((string key, JsonNode? value) in json)
        {
            JsonObject? described = schema["properties"]?[key]?.AsObject();
            Assert.True(described?["description"] is not null, $"The schema does not describe '{key}'.");
            if (value is JsonObject inner)
            {
                AssertDescribed(inner, described);
            }
            else if (value is JsonArray { Count: > 0 } items && items[0] is JsonObject item)
            {
                JsonNode? array = described["items"] ?? JsonNode.Parse(s_text)!["definitions"]!["problems"]!["items"];
                AssertDescribed(item, array!.AsObject());
            }
        }
    }

    private static JsonObject Serialize(SnapshotManifest manifest) =>
        JsonNode.Parse(ManifestFile.Serialize(manifest))!.AsObject();

    private static string SchemaPath([CallerFilePath] string here = "") =>
        Path.Join(Path.GetDirectoryName(here), "..", "..", "..", "docs", "manifest.schema.json");
}
