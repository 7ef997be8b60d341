using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>Disks that do not give what stands on them: that is told as what it is, of the file that it is about.</summary>
public sealed class UnreadableSourceTests
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void A_database_that_the_disk_does_not_give_is_missing_from_its_directory_and_not_called_malformed(int from)
    {
        using TemporaryDirectory directory = new();
        SkipWhereMissing();
        Samples.Source(directory);
        SqliteShell.CreateAccounts(directory, "source/app.db", "delete");

        // From each of its reads on: first come those of our own, then those of SQLite.
        ProcessResult run = RunOnFailingDisk(directory, directory["source/app.db"], "pread64", $"pread64:error=EIO:when={from}+");

        JsonElement manifest = Assert.Single(run.Expect(3).Objects);
        JsonElement error = Assert.Single(manifest.GetProperty("errors").EnumerateArray());
        Assert.Equal("app.db", error.Text("path"));
        Assert.Contains("Input/output error", error.Text("reason"), StringComparison.Ordinal);
        Assert.DoesNotContain("malformed", run.Error, StringComparison.Ordinal);
        Assert.True(manifest.GetProperty("incomplete").GetBoolean());
        Assert.False(File.Exists(Path.Join(manifest.Text("snapshot_path"), "app.db")));
        BackupToolsProcess.Run(directory, "verify", "backups").Expect(0);
    }

    [SkippableFact]
    public void A_log_that_the_disk_does_not_give_leaves_open_whether_the_file_beside_it_is_an_encrypted_database()
    {
        using TemporaryDirectory directory = new();
        SkipWhereMissing();
        Samples.Source(directory);
        File.WriteAllText(directory["source/secret"], "nothing that SQLite can read");
        File.WriteAllBytes(directory["source/secret-wal"], [0x37, 0x7f, 0x06, 0x82, 1, 2, 3, 4]);

        ProcessResult run = RunOnFailingDisk(directory, directory["source/secret-wal"], "pread64", "pread64:error=EIO");

        JsonElement manifest = Assert.Single(run.Expect(3).Objects);
        JsonElement error = Assert.Single(manifest.GetProperty("errors").EnumerateArray());
        Assert.Equal("secret", error.Text("path"));
        Assert.Contains("Input/output error", error.Text("reason"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("EACCES", "Permission denied")]
    [InlineData("EPERM", "Operation not permitted")]
    [InlineData("EIO", "Input/output error")]
    [InlineData("ESTALE", "Stale file handle")]
    public void A_file_that_the_system_refuses_to_open_is_missing_and_told(string error, string reason)
    {
        using TemporaryDirectory directory = new();
        SkipWhereMissing();
        Samples.Source(directory);

        // Opened by its bare name, in its directory.
        ProcessResult run = RunOnFailingDisk(directory, "leaf", "openat", $"openat:error={error}");

        JsonElement manifest = Assert.Single(run.Expect(3).Objects);
        JsonElement told = Assert.Single(manifest.GetProperty("errors").EnumerateArray());
        Assert.Equal("sub/leaf", told.Text("path"));
        Assert.Contains(reason, told.Text("reason"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Join(manifest.Text("snapshot_path"), "note")));
        Assert.False(File.Exists(Path.Join(manifest.Text("snapshot_path"), "sub", "leaf")));
    }

    private static void SkipWhereMissing()
    {
        Skip.IfNot(Tool.Runs("strace", "-V"), "Needs strace, to let system calls fail.");
        SqliteShell.SkipWhereMissing();
    }

    private static ProcessResult RunOnFailingDisk(TemporaryDirectory directory, string path, string call, string fault) => BackupToolsProcess.RunOther(
        directory,
        "strace",
        "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=" + call, "-e", "inject=" + fault,
        "dotnet", "exec", BackupToolsProcess.Program, "new", "source", "--to", "backups", "--json");
}
