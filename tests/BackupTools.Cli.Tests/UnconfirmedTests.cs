using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>
/// Disks that fail at the last step: what has its name already cannot be made durable, and mostly not be taken back
/// either. The command has to tell what stands there then.
/// </summary>
public sealed class UnconfirmedTests
{
    [SkippableFact]
    public void A_snapshot_whose_name_is_not_durable_is_taken_back()
    {
        using TemporaryDirectory directory = new();
        string before = MakeStore(directory);

        JsonElement error = RunOnFailingDisk(directory, "store", ["fsync:error=EIO:when=3+"], "new", "app.db", "--to", "store", "--json");

        Assert.Equal("InputOutput", error.Text("error_id"));
        Assert.Equal(before, Content(directory["store"]));
    }

    [SkippableFact]
    public void A_snapshot_whose_manifest_keeps_its_working_name_too_is_taken_back()
    {
        using TemporaryDirectory directory = new();
        string before = MakeStore(directory);

        // Where a rename that replaces nothing is unknown, the third name that goes is that one.
        JsonElement error = RunOnFailingDisk(
            directory, "store", ["renameat2:error=EINVAL", "unlinkat:error=EIO:when=3"], "new", "app.db", "--to", "store", "--json");

        Assert.Equal("InputOutput", error.Text("error_id"));
        Assert.Equal(before, Content(directory["store"]));
    }

    [SkippableTheory]
    [InlineData("fsync:error=EIO:when=3+", "renameat:error=EIO", "unlinkat:error=EIO")]
    [InlineData("renameat2:error=EINVAL", "unlinkat:error=EIO:when=3+")]
    public void A_snapshot_that_can_neither_be_made_durable_nor_taken_back_is_told_and_stays(params string[] faults)
    {
        using TemporaryDirectory directory = new();
        string before = MakeStore(directory);

        JsonElement error = RunOnFailingDisk(directory, "store", faults, "new", "app.db", "--to", "store", "--json");

        Assert.Equal("InputOutput", error.Text("error_id"));
        string manifest = Assert.Single(
            Directory.GetFiles(directory["store"], "*.manifest.json").Select(Path.GetFileName).OfType<string>(),
            name => !name.StartsWith('.') && !before.Contains(name, StringComparison.Ordinal));
        Assert.Contains($"'{manifest}' could not be taken back", error.Text("message"), StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing was published", error.Text("message"), StringComparison.Ordinal);
        BackupToolsProcess.Run(directory, "verify", "store", "--level", "rehearse").Expect(0);
        BackupToolsProcess.Run(directory, "new", "app.db", "--to", "store").Expect(0);
        Assert.Equal(4, BackupToolsProcess.Run(directory, "list", "store", "--json").Expect(0).Objects.Count(one => one.Text("state") == "complete"));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(directory["store"]), path => Path.GetFileName(path).StartsWith(".partial-", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_repositorys_snapshot_that_can_neither_be_made_durable_nor_taken_back_is_told_and_stays()
    {
        using TemporaryDirectory directory = new();
        Skip.IfNot(Tool.Runs("strace", "-V"), "Needs strace, to let system calls fail.");
        Samples.Source(directory);
        File.WriteAllText(directory["password"], "correct horse");
        string[] password = ["--password-file", "password"];
        string[] command = ["dotnet", "exec", BackupToolsProcess.Program, "new", "source", "--to", "repository", "--json", .. password];
        BackupToolsProcess.Run(directory, ["init", "repository", .. password]).Expect(0);

        // The sync of the directory of snapshots is the last but those of the lock's end: which one of its thread's is it?
        BackupToolsProcess.RunOther(directory, "strace", ["-f", "-y", "-qq", "-o", "trace", "-e", "trace=fsync", .. command]).Expect(0);
        string[] syncs = [.. File.ReadAllLines(directory["trace"]).Where(static line => line.Contains(" fsync(", StringComparison.Ordinal))];
        int last = Array.FindIndex(syncs, static line => line.Contains("/repository/snapshots>", StringComparison.Ordinal));
        string thread = syncs[last].Split(' ')[0];
        int number = syncs[..(last + 1)].Count(line => line.StartsWith(thread + " ", StringComparison.Ordinal));

        string[] faults = ["-e", $"inject=fsync:error=EIO:when={number}+", "-e", "inject=unlink,unlinkat:error=EIO"];
        ProcessResult run = BackupToolsProcess.RunOther(directory, "strace", ["-f", "-qq", "-o", "/dev/null", .. faults, .. command]);

        JsonElement error = Assert.Single(run.Expect(1).Objects);
        Assert.Equal("InputOutput", error.Text("error_id"));
        Assert.Contains("could not be taken back", error.Text("message"), StringComparison.Ordinal);
        Assert.DoesNotContain("No snapshot was made", error.Text("message"), StringComparison.Ordinal);
        IReadOnlyList<JsonElement> listed = BackupToolsProcess.Run(directory, ["list", "repository", "--json", .. password]).Expect(0).Objects;
        Assert.Equal(2, listed.Count);
        Assert.Contains(listed, snapshot => error.Text("message").Contains(snapshot.Text("snapshot_path"), StringComparison.Ordinal));
        BackupToolsProcess.Run(directory, ["verify", "repository", .. password]).Expect(0);
    }

    [SkippableTheory]
    [InlineData("app", "fsync:error=EIO:when=1+")]
    [InlineData("state", "fsync:error=EIO:when=1+")]
    [InlineData("app", "renameat2:error=EINVAL", "unlinkat:error=EIO:when=1")]
    public void A_restore_to_where_nothing_stood_that_is_not_durable_is_taken_back(string name, params string[] faults)
    {
        using TemporaryDirectory directory = new();
        MakeStore(directory);

        JsonElement error = RestoreOnFailingDisk(directory, name, faults);

        Assert.Contains("left as it was", error.Text("message"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory["place"]));
    }

    [SkippableTheory]
    [InlineData("app", "fsync:error=EIO:when=1+", "renameat2:error=EIO:when=2+", "unlinkat:error=EIO")]
    [InlineData("state", "fsync:error=EIO:when=1+", "renameat2:error=EIO:when=2+", "unlinkat:error=EIO")]
    [InlineData("app", "renameat2:error=EINVAL", "unlinkat:error=EIO")]
    public void A_restore_to_where_nothing_stood_that_can_neither_be_made_durable_nor_taken_back_is_told_and_stays(string name, params string[] faults)
    {
        using TemporaryDirectory directory = new();
        MakeStore(directory);

        JsonElement error = RestoreOnFailingDisk(directory, name, faults);

        // Whole, and usable as a source at once; the next restore keeps it.
        Assert.Contains("stands there whole", error.Text("message"), StringComparison.Ordinal);
        Assert.DoesNotContain("left as it was", error.Text("message"), StringComparison.Ordinal);
        Assert.Equal(directory["place/restored"], error.Text("path"));
        string restored = Content(directory["place/restored"]);
        Assert.Equal(name == "state" ? Content(directory["state"]) : Content(Directory.GetFiles(directory["store"], "app-*.db").Single()), restored);
        BackupToolsProcess.Run(directory, "new", "place/restored", "--to", "elsewhere").Expect(0);
        JsonElement again = Assert.Single(
            BackupToolsProcess.Run(directory, "restore", "store", "--name", name, "--to", "place/restored", "--json").Expect(0).Objects);
        Assert.Equal(restored, Content(again.Text("previous")));
        Assert.Equal(2, Directory.GetFileSystemEntries(directory["place"]).Length);
    }

    [SkippableFact]
    public void A_restore_onto_an_empty_directory_that_cannot_remove_it_leaves_it_as_it_was()
    {
        using TemporaryDirectory directory = new();
        MakeStore(directory);
        Directory.CreateDirectory(directory["place/restored"]);

        JsonElement error = RestoreOnFailingDisk(directory, "state", "unlinkat:error=EIO");

        Assert.Contains("left as it was", error.Text("message"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory["place/restored"]));
        BackupToolsProcess.Run(directory, "restore", "store", "--name", "state", "--to", "place/restored").Expect(0);
        Assert.Equal(Content(directory["state"]), Content(directory["place/restored"]));
        Assert.Single(Directory.GetFileSystemEntries(directory["place"]));
    }

    // A snapshot of a database, and one of a directory; what stands in the store afterwards.
    private static string MakeStore(TemporaryDirectory directory)
    {
        Skip.IfNot(Tool.Runs("strace", "-V"), "Needs strace, to let system calls fail.");
        SqliteShell.SkipWhereMissing();
        SqliteShell.CreateAccounts(directory, "app.db", "delete");
        Directory.CreateDirectory(directory["state/below"]);
        File.WriteAllText(directory["state/below/note"], "as it was");
        BackupToolsProcess.Run(directory, "new", "app.db", "--to", "store").Expect(0);
        BackupToolsProcess.Run(directory, "new", "state", "--to", "store").Expect(0);
        return Content(directory["store"]);
    }

    private static JsonElement RestoreOnFailingDisk(TemporaryDirectory directory, string name, params string[] faults)
    {
        Directory.CreateDirectory(directory["place"]);
        JsonElement error = RunOnFailingDisk(
            directory, "place", faults, "restore", "store", "--name", name, "--to", "place/restored", "--json");
        Assert.Equal("InputOutput", error.Text("error_id"));
        return error;
    }

    // Only calls upon that very directory fail, and one after the other makes them.
    private static JsonElement RunOnFailingDisk(TemporaryDirectory directory, string place, string[] faults, params string[] arguments)
    {
        string[] strace =
        [
            "-f", "-qq", "-o", "/dev/null", "-P", directory[place], "-e", "trace=fsync,renameat,renameat2,unlinkat",
            .. faults.SelectMany(static fault => (string[])["-e", "inject=" + fault]), "dotnet", "exec", BackupToolsProcess.Program, .. arguments,
        ];
        return Assert.Single(BackupToolsProcess.RunOther(directory, "strace", strace).Expect(1).Objects);
    }

    // Names and contents of a file or of a tree.
    private static string Content(string path)
    {
        string[] files = Directory.Exists(path) ? Directory.GetFileSystemEntries(path, "*", SearchOption.AllDirectories) : [path];
        return string.Join('\n', files.Order(StringComparer.Ordinal).Select(file =>
            Path.GetRelativePath(path, file) + " " + (File.Exists(file) ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))) : "/")));
    }
}
