using System.Security;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Tests.Stores;

public class RepositoryInitializerTests
{
    private const string Password = "gr\u00fcn secret";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_repository_is_made_where_nothing_is(bool isThere)
    {
        using TemporaryDirectory directory = new();
        string path = directory["above", "repository"];
        Directory.CreateDirectory(isThere ? path : directory.Path);
        InitializedRepository made = Create(path);
        Assert.Equal((path, 2), (made.Path, made.FormatVersion));
        Assert.Matches("^[0-9a-f]{64}$", made.Id);
        Assert.True(File.Exists(Path.Join(path, "config")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Path.Join(path, "config")));
        }
    }

    [SkippableFact]
    public void Restic_opens_it_by_the_same_password()
    {
        InstalledRestic.SkipUnlessItOpens(2);
        using TemporaryDirectory directory = new();
        InitializedRepository made = Create(directory["repository"]);
        File.WriteAllText(directory["password"], Password + "\n");
        string config = Tool.Run(
            "restic", ["--no-cache", "-r", directory["repository"], "--password-file", directory["password"], "cat", "config"]);
        Assert.Contains(made.Id, config, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData("deep/down/notes.txt")]
    [InlineData("deep/lost+found/notes.txt")]
    [InlineData("lost+found")]
    [InlineData(".backuptools.lock")]
    [InlineData("config")]
    [InlineData("keys/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void A_directory_that_holds_something_is_refused_and_left(string name)
    {
        using TemporaryDirectory directory = new();
        string path = directory["place"];
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(path, name))!);
        File.WriteAllText(Path.Join(path, name), "content");
        string[] before = All(path);
        bool asked = false;
        BackupException error = Refuse(path, _ =>
        {
            asked = true;
            return null;
        });
        Assert.Equal((ErrorId.StoreExists, path), (error.Id, error.Path));
        Assert.False(asked);
        Assert.Equal(before, All(path));
        Assert.Equal("content", File.ReadAllText(Path.Join(path, name)));
    }

    [Fact]
    public void A_file_is_refused_and_left()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["place"], "content");
        Assert.Equal(ErrorId.StoreExists, Refuse(directory["place"]).Id);
        Assert.Equal("content", File.ReadAllText(directory["place"]));
        Assert.NotEqual(ErrorId.StoreExists, Refuse(directory["place", "below"]).Id);
    }

    [Fact]
    public void A_repository_is_not_made_twice()
    {
        using TemporaryDirectory directory = new();
        Create(directory["repository"]);
        string[] before = All(directory["repository"]);
        BackupException error = Refuse(directory["repository"]);
        Assert.Equal(ErrorId.StoreExists, error.Id);
        Assert.Equal(before, All(directory["repository"]));
    }

    [Fact]
    public void Empty_directories_of_a_creation_that_was_interrupted_are_no_hindrance()
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["repository", "data", "0f"]);
        Directory.CreateDirectory(directory["repository", "keys"]);
        Create(directory["repository"]);
    }

    [Fact]
    public void A_key_of_a_creation_that_was_interrupted_is_no_hindrance_and_another_file_is()
    {
        const string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        using TemporaryDirectory directory = new();
        string path = directory["repository"];
        string keys = Directory.CreateDirectory(Path.Join(path, "keys")).FullName;
        File.WriteAllText(Path.Join(path, "config-tmp-" + id), "begun");
        File.WriteAllText(Path.Join(keys, id), "of no use");
        File.WriteAllText(Path.Join(path, "notes.txt"), "another's");
        string[] before = All(path);
        Assert.Equal(ErrorId.StoreExists, Refuse(path).Id);
        Assert.Equal(before, All(path));

        File.Delete(Path.Join(path, "notes.txt"));
        Create(path);
        Assert.DoesNotContain(All(path), static file => file.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public void The_root_of_a_file_system_is_taken_with_what_belongs_to_that()
    {
        using TemporaryDirectory directory = new();
        string own = Directory.CreateDirectory(directory["mounted", "lost+found"]).FullName;
        File.WriteAllText(Path.Join(own, "#1234"), "found");
        if (!OperatingSystem.IsWindows())
        {
            // Nobody but root looks into it.
            File.SetUnixFileMode(own, UnixFileMode.None);
        }

        Create(directory["mounted"]);
        Assert.True(File.Exists(directory["mounted", "config"]));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Assert.Equal("found", File.ReadAllText(Path.Join(own, "#1234")));
    }

    [Fact]
    public void Without_a_password_nothing_is_made()
    {
        using TemporaryDirectory directory = new();
        Assert.Equal(ErrorId.PasswordRequired, Refuse(directory["repository"]).Id);
        Assert.Empty(All(directory.Path));
    }

    [SkippableFact]
    public void A_place_that_cannot_be_written_is_told()
    {
        Skip.If(OperatingSystem.IsWindows(), "permissions are Unix's");
        Skip.If(Environment.IsPrivilegedProcess, "root may write everywhere");
        using TemporaryDirectory directory = new();
        Tool.Run("chmod", ["500", directory.Path]);
        BackupException error = Refuse(directory["repository"], _ => Secure());
        Assert.Equal(ErrorId.StoreNotWritable, error.Id);
    }

    [SkippableFact]
    public void A_file_system_that_is_read_only_is_told()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting needs Linux and root");
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["place"]);
        Tool.Run("mount", ["-t", "tmpfs", "-o", "ro", "none", directory["place"]]);
        try
        {
            BackupException error = Refuse(directory["place", "repository"], _ => Secure());
            Assert.Equal(ErrorId.StoreNotWritable, error.Id);
        }
        finally
        {
            Tool.Run("umount", [directory["place"]]);
        }
    }

    private static InitializedRepository Create(string path)
    {
        using RepositoryCredential credential = new() { ReadVariable = _ => null, Prompt = _ => Secure() };
        return RepositoryInitializer.Create(new InitializeRequest { Path = path, Credential = credential });
    }

    private static BackupException Refuse(string path, Func<string, SecureString?>? prompt = null)
    {
        using RepositoryCredential credential = new() { ReadVariable = _ => null, Prompt = prompt };
        return Assert.Throws<BackupException>(
            () => RepositoryInitializer.Create(new InitializeRequest { Path = path, Credential = credential }));
    }

    private static SecureString Secure()
    {
        SecureString secure = new();
        foreach (char c in Password)
        {
            secure.AppendChar(c);
        }

        return secure;
    }

    private static string[] All(string path) =>
        [.. Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
