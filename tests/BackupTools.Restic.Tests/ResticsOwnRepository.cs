using System.Text.Json;

namespace BackupTools.Restic.Tests;

/// <summary>A repository that the real restic makes, in a directory of a test's own.</summary>
internal sealed class ResticsOwnRepository : IDisposable
{
    public const string Password = "correct horse battery staple";

    private readonly TemporaryDirectory _directory = new();

    public ResticsOwnRepository()
    {
        File.WriteAllText(_directory["password"], Password);
        Directory.CreateDirectory(SourcePath);
        Run("init");
    }

    /// <summary>Where files to back up are put.</summary>
    public string SourcePath => _directory["source"];

    /// <summary>A path in the repository.</summary>
    public string this[params string[] parts] => _directory[["repository", .. parts]];

    /// <summary>Runs restic on the repository, and returns what it says.</summary>
    public string Run(params string[] arguments) => Tool.Run(
        "restic",
        [
            "--repo", _directory["repository"], "--password-file", _directory["password"], "--no-cache", "--quiet",
            .. arguments,
        ]);

    /// <summary>Backs up the source, and returns for each file in it what restic cut it into, by id.</summary>
    public Dictionary<string, List<string>> BackUp()
    {
        Run("backup", SourcePath);
        string snapshot = Path.GetFileName(Directory.GetFiles(this["snapshots"]).Single());
        string tree = Json("snapshot", snapshot).GetProperty("tree").GetString()!;
        foreach (string component in SourcePath.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            tree = Nodes(tree).Single(node => node.GetProperty("name").GetString() == component)
                .GetProperty("subtree").GetString()!;
        }

        return Nodes(tree).ToDictionary(
            node => node.GetProperty("name").GetString()!,
            node => node.GetProperty("content").EnumerateArray().Select(id => id.GetString()!).ToList());
    }

    public void Dispose() => _directory.Dispose();

    private IEnumerable<JsonElement> Nodes(string tree) => Json("blob", tree).GetProperty("nodes").EnumerateArray();

    private JsonElement Json(string type, string id) => JsonDocument.Parse(Run("cat", type, id)).RootElement;
}
