using System.Security;
using System.Text;
using BackupTools.Core.Stores;
using BackupTools.Core.Stores.Repositories;

namespace BackupTools.Core.Tests.Stores;

public class RepositoryCredentialTests
{
    private const string Repository = "/srv/repository";

    [Fact]
    public void A_secure_string_is_the_password_as_it_stands()
    {
        using SecureString password = Secure(" with spaces \u2603 ");
        Assert.Equal(" with spaces \u2603 ", Get(new RepositoryCredential { Password = password, ReadVariable = None }));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("secret\n")]
    [InlineData("\n \t secret \r\n\n")]
    public void White_space_around_what_a_file_holds_does_not_count(string content)
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["password"], content);
        Assert.Equal("secret", Get(new RepositoryCredential { PasswordFile = directory["password"], ReadVariable = None }));
    }

    [Fact]
    public void White_space_within_what_a_file_holds_counts()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["password"], "two  words\tand\nlines\n");
        Assert.Equal("two  words\tand\nlines", Get(new RepositoryCredential { PasswordFile = directory["password"], ReadVariable = None }));
    }

    public static TheoryData<string> Encodings => ["utf-8", "utf-16", "utf-16BE"];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_file_with_a_byte_order_mark_is_read_as_that_says(string encoding)
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["password"], "gr\u00fcn\u2603\ud83d\ude00\r\n", Encoding.GetEncoding(encoding));
        Assert.True(File.ReadAllBytes(directory["password"])[0] is 0xef or 0xff or 0xfe);
        Assert.Equal("gr\u00fcn\u2603\ud83d\ude00", Get(new RepositoryCredential { PasswordFile = directory["password"], ReadVariable = None }));
    }

    [Fact]
    public void A_file_that_is_no_text_is_refused_rather_than_read_as_another_password()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllBytes(directory["password"], "gr\u00fcn"u8.ToArray());
        Assert.Equal("gr\u00fcn", Get(new RepositoryCredential { PasswordFile = directory["password"], ReadVariable = None }));
        File.WriteAllBytes(directory["password"], Encoding.Latin1.GetBytes("gr\u00fcn"));
        BackupException error = Refuse(new RepositoryCredential { PasswordFile = directory["password"], ReadVariable = None });
        Assert.Equal(ErrorId.PasswordRequired, error.Id);
        Assert.Equal(directory["password"], error.Path);
        Assert.DoesNotContain("gr", error.ToString().Replace("program", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_much_longer_than_a_password_is_refused()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["password"], new string('x', SecretText.MaxBytes));
        Assert.Equal(SecretText.MaxBytes, Get(new RepositoryCredential { PasswordFile = directory["password"], ReadVariable = None }).Length);
        File.AppendAllText(directory["password"], "x");
        Assert.Equal(ErrorId.PasswordRequired, Refuse(new RepositoryCredential { PasswordFile = directory["password"], ReadVariable = None }).Id);
    }

    [Fact]
    public void A_missing_file_and_a_directory_are_told_by_their_path()
    {
        using TemporaryDirectory directory = new();
        foreach (string path in (string[])[directory["missing"], directory.Path])
        {
            BackupException error = Refuse(new RepositoryCredential { PasswordFile = path, ReadVariable = None });
            Assert.Equal((ErrorId.PasswordRequired, path), (error.Id, error.Path));
            Assert.Contains(Repository, error.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_pipe_can_stand_for_a_file()
    {
        Skip.IfNot(Tool.Exists("mkfifo"), "mkfifo is not installed");
        using TemporaryDirectory directory = new();
        Tool.Run("mkfifo", [directory["pipe"]]);
        Task writing = Task.Run(() => File.WriteAllText(directory["pipe"], "secret\n"));
        Assert.Equal("secret", Get(new RepositoryCredential { PasswordFile = directory["pipe"], ReadVariable = None }));
        await writing;
    }

    [Fact]
    public void An_empty_password_is_none()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["password"], " \n");
        using SecureString empty = new();
        foreach (RepositoryCredential credential in (RepositoryCredential[])[
            new() { PasswordFile = directory["password"], ReadVariable = None },
            new() { Password = empty, ReadVariable = None },
            new() { Prompt = _ => new SecureString(), ReadVariable = None }])
        {
            Assert.Equal(ErrorId.PasswordRequired, Refuse(credential).Id);
        }
    }

    [Fact]
    public void Two_ways_at_once_are_refused()
    {
        using SecureString password = Secure("secret");
        foreach (RepositoryCredential credential in (RepositoryCredential[])[
            new() { Password = password, PasswordFile = "file" },
            new() { Password = password, PasswordCommand = "command" },
            new() { PasswordFile = "file", PasswordCommand = "command" },
            new() { ReadVariable = Variables(("RESTIC_PASSWORD_FILE", "file"), ("RESTIC_PASSWORD_COMMAND", "command")) }])
        {
            BackupException error = Refuse(credential);
            Assert.Equal(ErrorId.InvalidArgument, error.Id);
            Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_named_wins_over_the_environment_and_that_over_asking()
    {
        using TemporaryDirectory directory = new();
        foreach (string name in (string[])["named", "ours", "restics"])
        {
            File.WriteAllText(directory[name], name);
        }

        // From the last resort to the first: each one that is added wins over those before.
        List<(string Name, string Value)> environment = [];
        Assert.Equal("asked", Get(Credential()));
        foreach ((string name, string value, string expected) in ((string, string, string)[])[
            ("RESTIC_PASSWORD", "restics own", "restics own"),
            ("RESTIC_PASSWORD_FILE", directory["restics"], "restics"),
            ("BACKUPTOOLS_PASSWORD", "our own", "our own"),
            ("BACKUPTOOLS_PASSWORD_FILE", directory["ours"], "ours")])
        {
            environment.Add((name, value));
            Assert.Equal(expected, Get(Credential()));
        }

        Assert.Equal("named", Get(Credential(directory["named"])));

        RepositoryCredential Credential(string? file = null) => new()
        {
            PasswordFile = file,
            ReadVariable = Variables([.. environment]),
            Prompt = _ => Secure("asked"),
        };
    }

    [Fact]
    public void A_variable_that_is_empty_counts_as_unset()
    {
        RepositoryCredential credential = new()
        {
            ReadVariable = Variables(("BACKUPTOOLS_PASSWORD", ""), ("BACKUPTOOLS_PASSWORD_FILE", ""), ("RESTIC_PASSWORD", "secret")),
        };
        Assert.Equal("secret", Get(credential));
    }

    [SkippableFact]
    public void A_variable_can_name_a_program()
    {
        Skip.IfNot(Tool.Exists("printf"), "printf is not installed");
        foreach (string variable in (string[])["BACKUPTOOLS_PASSWORD_COMMAND", "RESTIC_PASSWORD_COMMAND"])
        {
            Assert.Equal("secret", Get(new RepositoryCredential { ReadVariable = Variables((variable, "printf secret")) }));
        }
    }

    [Fact]
    public void Whoever_asks_hears_of_the_repository_and_may_get_no_answer()
    {
        string? asked = null;
        RepositoryCredential credential = new()
        {
            ReadVariable = None,
            Prompt = path =>
            {
                asked = path;
                return null;
            },
        };
        BackupException error = Refuse(credential);
        Assert.Equal(ErrorId.PasswordRequired, error.Id);
        Assert.Equal(Repository, asked);
        Assert.Equal(Repository, error.Path);
        Assert.Equal(ErrorId.PasswordRequired, Refuse(new RepositoryCredential { ReadVariable = None }).Id);
    }

    [Fact]
    public void The_answer_is_wiped_when_it_was_taken()
    {
        SecureString answer = Secure("secret");
        Assert.Equal("secret", Get(new RepositoryCredential { ReadVariable = None, Prompt = _ => answer }));
        Assert.Throws<ObjectDisposedException>(() => answer.Length);
    }

    [Theory]
    [InlineData("secret", true)]
    [InlineData("Secret", false)]
    [InlineData("secret ", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_answer_that_has_to_be_confirmed_is_compared(string? again, bool isGood)
    {
        RepositoryCredential credential = new()
        {
            ReadVariable = None,
            Prompt = _ => Secure("secret"),
            Confirm = _ => again is null ? null : Secure(again),
        };
        if (isGood)
        {
            Assert.Equal("secret", Get(credential));
            return;
        }

        BackupException error = Refuse(credential);
        Assert.Equal(ErrorId.PasswordRequired, error.Id);
        Assert.DoesNotContain("ecret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_is_wiped_from_memory_when_it_is_not_needed_any_more()
    {
        using SecureString secure = Secure("secret");
        RepositoryCredential credential = new() { Password = secure };
        ReadOnlySpan<char> span;
        using (SecretText password = credential.GetPassword(Repository, CancellationToken.None))
        {
            span = password.Span;
            Assert.Equal("secret", span.ToString());
        }

        Assert.Equal(new string('\0', 6), span.ToString());
        Assert.Equal(6, secure.Length);
    }

    [Fact]
    public void No_program_is_run_where_that_is_not_allowed_and_nothing_else_stands_for_it()
    {
        using TemporaryDirectory directory = new();
        string command = $"touch '{directory["ran"]}'";
        Assert.Equal(ErrorId.PasswordRequired, Refuse(new RepositoryCredential { MayRunCommand = false, PasswordCommand = command }).Id);
        foreach (string variable in (string[])["BACKUPTOOLS_PASSWORD_COMMAND", "RESTIC_PASSWORD_COMMAND"])
        {
            Assert.Equal(ErrorId.PasswordRequired, Refuse(new RepositoryCredential
            {
                MayRunCommand = false,
                ReadVariable = Variables((variable, command), ("RESTIC_PASSWORD", "another")),
            }).Id);
        }

        Assert.False(File.Exists(directory["ran"]));
    }

    private static string Get(RepositoryCredential credential)
    {
        using (credential)
        {
            using SecretText password = credential.GetPassword(Repository, CancellationToken.None);
            return password.Span.ToString();
        }
    }

    private static BackupException Refuse(RepositoryCredential credential)
    {
        using (credential)
        {
            return Assert.Throws<BackupException>(() => credential.GetPassword(Repository, CancellationToken.None).Dispose());
        }
    }

    private static string? None(string variable) => null;

    private static Func<string, string?> Variables(params (string Name, string Value)[] variables) =>
        name => variables.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault();

    private static SecureString Secure(string text)
    {
        SecureString secure = new();
        foreach (char c in text)
        {
            secure.AppendChar(c);
        }

        return secure;
    }
}
