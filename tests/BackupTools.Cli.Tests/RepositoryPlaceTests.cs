using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>Which paths stand for a repository, and which do not.</summary>
public sealed class RepositoryPlaceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public RepositoryPlaceTests()
    {
        File.WriteAllText(_directory["password"], "correct horse\n");
        Samples.Source(_directory);
        Run("init", "repository").Expect(0);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_directories_of_a_repository_take_no_folder_store()
    {
        JsonElement made = Assert.Single(Run("new", "source", "--to", Path.Join("repository", "snapshots"), "--json").Expect(0).Objects);
        Assert.Single(Run("list", "repository", "--json").Expect(0).Objects);
        Assert.Single(Run("list", made.Text("snapshot_path"), "--json").Expect(0).Objects);
        Run("prune", Path.Join("repository", "snapshots"), "--keep-last", "1").Expect(0);
        string[] before = Directory.GetFileSystemEntries(_directory["repository"], "*", SearchOption.AllDirectories);
        foreach (string place in (string[])["data", "keys", Path.Join("snapshots", "mine"), Path.Join("index", "mine", "deeper")])
        {
            JsonElement refused = Assert.Single(Run("new", "source", "--to", Path.Join("repository", place), "--json").Expect(2).Objects);
            Assert.Equal("InvalidArgument", refused.Text("error_id"));
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(_directory["repository"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void An_applications_own_directories_are_no_repository_by_their_names()
    {
        Directory.CreateDirectory(_directory["application", "data"]);
        File.WriteAllText(_directory["application", "config"], "port = 1");
        string[] store = ["new", "source", "--to", Path.Join("application", "snapshots"), "--json"];
        JsonElement made = Assert.Single(BackupToolsProcess.Run(_directory, store).Expect(0).Objects);
        BackupToolsProcess.Run(_directory, "list", Path.Join("application", "snapshots")).Expect(0);
        BackupToolsProcess.Run(_directory, "verify", made.Text("snapshot_path")).Expect(0);
        BackupToolsProcess.Run(_directory, "new", "source", "--to", Path.Join("application", "data", "backups")).Expect(0);
    }

    private ProcessResult Run(params string[] arguments) =>
        BackupToolsProcess.Run(_directory, [.. arguments, "--password-file", "password"]);
}
