using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary><c>backuptools repair</c>, as whole processes.</summary>
public sealed class RepairTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public RepairTests()
    {
        File.WriteAllText(_directory["password"], "correct horse\n");
        Samples.Source(_directory);
        Run("init", "repository").Expect(0);
        Run("new", "source", "--to", "repository").Expect(0);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_index_that_is_lost_is_found_by_verify_and_made_anew_by_repair()
    {
        foreach (string index in Directory.GetFiles(_directory["repository", "index"]))
        {
            File.Delete(index);
        }

        IReadOnlyList<JsonElement> verified = Run("verify", "repository", "--json").Expect(4).Objects;
        Assert.Contains(
            verified.Single(result => result.Text("snapshot") == _directory["repository"]).GetProperty("problems").EnumerateArray(),
            problem => problem.GetString()!.Contains("repair", StringComparison.Ordinal));

        JsonElement repaired = Assert.Single(Run("repair", "repository", "--json").Expect(0).Objects);
        Assert.Equal("repaired", repaired.Text("status"));
        Assert.Equal(_directory["repository"], repaired.Text("path"));
        Assert.Equal(Packs().Count(), repaired.GetProperty("packs").GetInt32());
        Assert.InRange(repaired.GetProperty("pieces").GetInt64(), 5, long.MaxValue);
        Assert.Equal(0, repaired.GetProperty("problems").GetArrayLength());

        Run("verify", "repository").Expect(0);
        Run("restore", "repository", "--to", "target").Expect(0);
        Assert.Equal("green", File.ReadAllText(_directory["target", "sub", "leaf"]));
        if (InstalledRestic.CanOpen(2))
        {
            Restic.Run(_directory, "repository", "password", "check", "--read-data").Expect(0);
        }
    }

    [Fact]
    public void What_is_no_repository_is_told_before_a_password_is_asked_for()
    {
        foreach (string place in (string[])["nowhere", "source"])
        {
            JsonElement error = Assert.Single(BackupToolsProcess.Run(_directory, "repair", place, "--json").Expect(1).Objects);
            Assert.Equal("StoreNotFound", error.Text("error_id"));
        }
    }

    [Fact]
    public void A_pack_that_repair_cannot_read_is_named_and_the_exit_code_tells()
    {
        FileInfo pack = Packs().MaxBy(file => file.Length)!;
        pack.IsReadOnly = false;
        using (FileStream stream = pack.OpenWrite())
        {
            stream.SetLength(10);
        }

        JsonElement repaired = Assert.Single(Run("repair", "repository", "--json").Expect(4).Objects);
        Assert.Contains(pack.Name, Assert.Single(repaired.GetProperty("problems").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Contains(Run("repair", "repository").Expect(4).Lines, line => line.StartsWith("Problem:", StringComparison.Ordinal));
        Assert.True(pack.Exists);
    }

    [Fact]
    public void Only_a_repository_has_an_index_to_repair()
    {
        Run("new", "source", "--to", "folder").Expect(0);
        Assert.Equal("StoreNotFound", Assert.Single(Run("repair", "folder", "--json").Expect(1).Objects).Text("error_id"));
        Assert.Equal("StoreNotFound", Assert.Single(Run("repair", "missing", "--json").Expect(1).Objects).Text("error_id"));
    }

    private ProcessResult Run(params string[] arguments) =>
        BackupToolsProcess.Run(_directory, [.. arguments, "--password-file", "password"]);

    private IEnumerable<FileInfo> Packs() =>
        new DirectoryInfo(_directory["repository", "data"]).EnumerateFiles("*", SearchOption.AllDirectories);
}
