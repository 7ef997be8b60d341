using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>Every command on a repository, as whole processes.</summary>
public sealed class RepositoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public RepositoryTests()
    {
        File.WriteAllText(_directory["password"], "correct horse\n");
        Samples.Source(_directory);
        Run("init", "repository").Expect(0);
    }

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public void A_live_database_goes_through_all_commands()
    {
        SqliteShell.SkipWhereMissing();
        SqliteShell.CreateAccounts(_directory, "app.db");
        string before = SqliteShell.Run(_directory, "app.db", "SELECT sum(amount), (SELECT sum(length(what)) FROM event) FROM account");
        JsonElement made = Assert.Single(Run("new", "app.db", "--to", "repository", "--json").Expect(0).Objects);
        Assert.Equal("sqlite", made.Text("kind"));
        Assert.Equal(made.Text("snapshot_path"), made.Text("manifest_path"));
        Assert.StartsWith(_directory["repository", "snapshots"], made.Text("snapshot_path"), StringComparison.Ordinal);

        JsonElement listed = Assert.Single(Run("list", "repository", "--json").Expect(0).Objects);
        Assert.Equal("complete", listed.Text("state"));
        Assert.Equal(made.Text("id"), listed.Text("id"));

        foreach (string level in (string[])["manifest", "hash", "rehearse"])
        {
            JsonElement verified = Assert.Single(Run("verify", "repository", "--level", level, "--json").Expect(0).Objects);
            Assert.Equal("ok", verified.Text("result"));
        }

        JsonElement restored = Assert.Single(Run("restore", "repository", "--to", "restored.db", "--json").Expect(0).Objects);
        Assert.True(restored.GetProperty("verified").GetBoolean());
        Assert.Equal(before, SqliteShell.Run(_directory, "restored.db", "SELECT sum(amount), (SELECT sum(length(what)) FROM event) FROM account"));
    }

    [Fact]
    public void A_directory_is_restored_as_it_was_by_the_beginning_of_the_id()
    {
        JsonElement made = Take();
        string path = made.Text("snapshot_path")[..^50];
        Run("restore", path, "--to", "target").Expect(0);
        Assert.Equal("Welcome", File.ReadAllText(_directory["target", "note"]));
        Assert.Equal("green", File.ReadAllText(_directory["target", "sub", "leaf"]));
        Assert.Equal(["note", "sub"], Directory.GetFileSystemEntries(_directory["target"]).Select(Path.GetFileName).Order());

        Run("restore", path, "--to", "part", "--include", "leaf").Expect(0);
        Assert.Equal(
            [_directory["part", "sub", "leaf"]], Directory.GetFiles(_directory["part"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void The_lines_for_people_name_the_snapshot_once()
    {
        ProcessResult made = Run("new", "source", "--to", "repository").Expect(0);
        Assert.StartsWith("Snapshot: " + _directory["repository", "snapshots"], made.Lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain(made.Lines, line => line.StartsWith("Manifest:", StringComparison.Ordinal));
        Assert.Equal(string.Empty, made.Error);
    }

    [Fact]
    public void Prune_removes_snapshots_and_gives_their_room_back()
    {
        byte[] noise = new byte[400_000];
        for (int i = 0; i < 3; i++)
        {
            new Random(i).NextBytes(noise);
            File.WriteAllBytes(_directory["source", "noise"], noise);
            Take();
        }

        long before = Size();
        IReadOnlyList<JsonElement> planned = Run("prune", "repository", "--keep-last", "1", "--dry-run", "--json").Expect(0).Objects;
        Assert.Equal(["remove", "remove", "keep"], planned.Select(decision => decision.Text("action")));
        Assert.Equal(before, Size());
        Run("prune", "repository", "--keep-last", "1").Expect(0);
        Assert.Single(Run("list", "repository", "--json").Expect(0).Objects);
        Assert.InRange(Size(), 400_000, before - 700_000);
        Run("verify", "repository").Expect(0);

        long Size() => new DirectoryInfo(_directory["repository"]).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
    }

    [Fact]
    public void Keep_forgets_the_older_ones()
    {
        string first = Take().Text("snapshot_path");
        JsonElement made = Take("--keep", "1");
        Assert.Equal(first, Assert.Single(made.GetProperty("removed").EnumerateArray()).GetString());
        Assert.Single(Run("list", "repository", "--json").Expect(0).Objects);
    }

    [Theory]
    [InlineData("new", "source", "--to", "repository")]
    [InlineData("list", "repository")]
    [InlineData("verify", "repository")]
    [InlineData("restore", "repository", "--to", "target")]
    [InlineData("prune", "repository", "--keep-last", "1")]
    [InlineData("repair", "repository")]
    public void Another_password_opens_nothing_and_is_not_repeated(params string[] arguments)
    {
        File.WriteAllText(_directory["other"], "battery staple\n");
        ProcessResult refused = BackupToolsProcess.RunWith(
            _directory, [("BACKUPTOOLS_PASSWORD_FILE", "other"), ("BACKUPTOOLS_DEBUG", "1")], [.. arguments, "--json"]).Expect(1);
        Assert.Equal("WrongPassword", Assert.Single(refused.Objects).Text("error_id"));
        Assert.DoesNotContain("battery", refused.Output + refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory["target"]));
        Assert.False(Directory.Exists(_directory["repository", "note"]));

        refused = BackupToolsProcess.Run(_directory, [.. arguments, "--json"]).Expect(1);
        Assert.Equal("PasswordRequired", Assert.Single(refused.Objects).Text("error_id"));
    }

    [SkippableFact]
    public void The_program_that_tells_the_password_runs_once_for_all_sources()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no sh");
        File.WriteAllText(_directory["tell"], "#!/bin/sh\necho asked >> asked\ncat password\n");
        BackupToolsProcess.RunOther(_directory, "chmod", "700", "tell").Expect(0);
        Directory.CreateDirectory(_directory["more"]);
        BackupToolsProcess.Run(_directory, "new", "source", "more", "--to", "repository", "--password-command", "./tell").Expect(0);
        Assert.Single(File.ReadAllLines(_directory["asked"]));
    }

    [SkippableTheory]
    [InlineData("list", "repository")]
    [InlineData("init", "another")]
    public void A_run_that_is_ended_ends_the_program_that_should_tell_the_password(params string[] arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "processes are looked up in /proc");
        File.WriteAllText(_directory["wait"], "#!/bin/sh\necho $$ > pid.new\nmv pid.new pid\nexec sleep 1000\n");
        BackupToolsProcess.RunOther(_directory, "chmod", "700", "wait").Expect(0);
        using BackupToolsProcess run = BackupToolsProcess.Start(_directory, [.. arguments, "--password-command", "./wait"]);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(_directory["pid"]) || run.HasExited, TimeSpan.FromMinutes(1)));
        run.Send(BackupToolsProcess.Terminate);
        run.Wait().Expect(130);
        string process = $"/proc/{File.ReadAllText(_directory["pid"]).Trim()}";
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists(process), TimeSpan.FromMinutes(1)));
        Assert.False(Directory.Exists(_directory["another"]));
    }

    [SkippableFact]
    public void On_a_terminal_the_password_is_asked_for_once()
    {
        Terminal.SkipWhereMissing();
        using Terminal terminal = new(_directory, "new source --to repository");
        terminal.Answer("': ", "correct horse\r");
        Assert.Equal((0, true), terminal.Wait());
        Assert.DoesNotContain("horse", terminal.Shown, StringComparison.Ordinal);
        Assert.Single(Run("list", "repository", "--json").Expect(0).Objects);
    }

    [SkippableFact]
    public void Beside_a_restic_at_work_snapshots_are_added_and_none_is_removed()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no sh");
        InstalledRestic.SkipUnlessItOpens(2);
        Take();

        // It waits for its input, and holds its lock.
        using (BackupToolsProcess.StartOther(
            _directory, "sh", ["-c", "sleep 1000 | restic --no-cache -r repository --password-file password backup --stdin"]))
        {
            Assert.True(SpinWait.SpinUntil(
                () => Directory.EnumerateFiles(_directory["repository", "locks"]).Any(), TimeSpan.FromMinutes(1)));
            ProcessResult made = Run("new", "source", "--to", "repository", "--keep", "1", "--json").Expect(0);
            Assert.Empty(Assert.Single(made.Objects).GetProperty("removed").EnumerateArray());
            Assert.Contains("warning: ", made.Error, StringComparison.Ordinal);

            // Where nothing would be removed, there is nothing to tell.
            Assert.Empty(Run("new", "source", "--to", "repository", "--keep", "0", "--json").Expect(0).Error);
        }

        Assert.Equal(3, Run("list", "repository", "--json").Expect(0).Objects.Count);
    }

    [Fact]
    public void A_flipped_bit_is_found_and_told()
    {
        JsonElement made = Take();
        FileInfo pack = new DirectoryInfo(_directory["repository", "data"]).EnumerateFiles("*", SearchOption.AllDirectories)
            .OrderByDescending(file => file.Length).First();
        byte[] content = File.ReadAllBytes(pack.FullName);
        content[20] ^= 1;
        pack.Delete();
        File.WriteAllBytes(pack.FullName, content);
        // The repository itself, for the pack, and the snapshot that is struck.
        IReadOnlyList<JsonElement> verified = Run("verify", "repository", "--json").Expect(4).Objects;
        Assert.Contains(verified, result => result.Text("snapshot") == made.Text("snapshot_path"));
        Assert.All(verified, result =>
        {
            Assert.Equal("failed", result.Text("result"));
            Assert.NotEqual(0, result.GetProperty("problems").GetArrayLength());
        });
    }

    [SkippableFact]
    public void Restic_finds_it_clean_and_restores_the_same()
    {
        InstalledRestic.SkipUnlessItOpens(2);
        Take();
        ProcessResult check = Restic.Run(_directory, "repository", "password", "check", "--read-data").Expect(0);
        Assert.Contains("no errors were found", check.Output, StringComparison.Ordinal);
        Restic.Run(_directory, "repository", "password", "restore", "latest", "--target", "by-restic").Expect(0);
        string root = _directory["by-restic"] + _directory["source"];
        Assert.Equal("Welcome", File.ReadAllText(Path.Join(root, "note")));
        Assert.Equal("green", File.ReadAllText(Path.Join(root, "sub", "leaf")));
        Assert.True(File.Exists(_directory["by-restic", ".backuptools", "manifest.json"]));
    }

    [SkippableFact]
    public void What_restic_wrote_is_listed_verified_restored_and_pruned()
    {
        InstalledRestic.SkipUnlessItOpens(2);
        Restic.Run(_directory, "repository", "password", "backup", _directory["source"]).Expect(0);
        Restic.Run(_directory, "repository", "password", "backup", _directory["source"]).Expect(0);
        IReadOnlyList<JsonElement> listed = Run("list", "repository", "--json").Expect(0).Objects;
        Assert.Equal(2, listed.Count);
        Assert.All(listed, snapshot => Assert.Equal("restic", snapshot.Text("tool")));

        // Since 0.17 it records how much there is; before, nobody knows, and 0 would be wrong.
        string id = listed[0].Text("snapshot");
        if (!Restic.Run(_directory, "repository", "password", "cat", "snapshot", id).Output.Contains("\"summary\"", StringComparison.Ordinal))
        {
            Assert.All(listed, static snapshot => Assert.False(snapshot.TryGetProperty("bytes", out _) || snapshot.TryGetProperty("entry_count", out _)));
            Assert.Matches(@"\sdirectory\s+-\s+-\s+complete\s", Run("list", "repository").Expect(0).Output);
        }

        Run("restore", "repository", "--to", "target").Expect(0);
        Assert.Equal("green", File.ReadAllText(_directory["target", "sub", "leaf"]));
        Run("prune", "repository", "--keep-last", "1").Expect(0);
        Assert.Single(Run("list", "repository", "--json").Expect(0).Objects);
        Restic.Run(_directory, "repository", "password", "check").Expect(0);
    }

    [SkippableFact]
    public void Where_something_compressed_must_be_read_without_zstd_the_error_says_what_to_install()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only there is a library hidden by a variable");
        Take();
        Directory.CreateDirectory(_directory["lib"]);
        File.WriteAllText(_directory["lib", "libzstd.so.1"], string.Empty);
        ProcessResult refused = BackupToolsProcess.RunWith(
            _directory, [("LD_LIBRARY_PATH", _directory["lib"])], "list", "repository", "--password-file", "password", "--json").Expect(1);
        JsonElement error = Assert.Single(refused.Objects);
        Assert.Equal("LibraryMissing", error.Text("error_id"));
        Assert.Contains("libzstd", error.Text("message"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Without_zstd_everything_works_uncompressed_and_one_warning_says_so()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only there is a library hidden by a variable");
        Directory.CreateDirectory(_directory["lib"]);
        Directory.CreateDirectory(_directory["more"]);
        File.WriteAllText(_directory["lib", "libzstd.so.1"], string.Empty);
        (string, string)[] environment = [("LD_LIBRARY_PATH", _directory["lib"]), ("BACKUPTOOLS_PASSWORD_FILE", "password")];
        BackupToolsProcess.RunWith(_directory, environment, "init", "plain").Expect(0);
        ProcessResult made = BackupToolsProcess.RunWith(_directory, environment, "new", "source", "more", "--to", "plain").Expect(0);
        string warning = Assert.Single(made.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("zstd", warning, StringComparison.OrdinalIgnoreCase);
        ProcessResult restored = BackupToolsProcess.RunWith(
            _directory, environment, "restore", "plain", "--name", "source", "--to", "target").Expect(0);
        Assert.Equal(string.Empty, restored.Error);
        Assert.Equal("green", File.ReadAllText(_directory["target", "sub", "leaf"]));
    }

    private ProcessResult Run(params string[] arguments) =>
        BackupToolsProcess.Run(_directory, [.. arguments, "--password-file", "password"]);

    private JsonElement Take(params string[] options) =>
        Assert.Single(Run(["new", "source", "--to", "repository", "--json", .. options]).Expect(0).Objects);
}
