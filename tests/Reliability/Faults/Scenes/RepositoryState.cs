using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Keys;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>What lies in a repository, and what restic says of it.</summary>
internal static class RepositoryState
{
    /// <summary>How long the names of a repository's files are.</summary>
    public const int IdLength = 64;

    /// <summary>What opens all of them, where nothing else is said.</summary>
    public const string Password = "correct horse";

    /// <summary>Where the command looks for it.</summary>
    public const string PasswordVariable = "BACKUPTOOLS_PASSWORD";

    private static readonly string[] s_rooms = ["keys", "snapshots", "index", "data"];

    static RepositoryState()
    {
        // Of this process too, which looks into the repositories that the command makes.
        Environment.SetEnvironmentVariable(PasswordVariable, Password);
        Environment.SetEnvironmentVariable("RESTIC_PASSWORD", Password);
    }

    private static bool HasRestic { get; } = Tool.Runs("restic", "version");

    /// <summary>Passwords are tried in no time: repositories are opened often here.</summary>
    public static RepositoryOptions Cheap { get; } = new() { Scrypt = new ScryptParameters(16, 1, 1) };

    /// <summary>Makes one as <c>init</c> does, but that passwords are tried in no time: it is opened often.</summary>
    public static void Create(string place, string store) => Repository.Create(
        new LocalBackend(Path.Join(place, store)), Password, Cheap).Dispose();

    /// <summary>Whether there is one.</summary>
    public static bool Is(string store) => File.Exists(Path.Join(store, "config"));

    /// <summary>
    /// Fails unless the one key that a repository has opens it with a password; from then on another one does with the usual
    /// password, that is tried in no time.
    /// </summary>
    public static void Rekey(string store, string password)
    {
        string key = Assert.Single(Directory.GetFiles(Path.Join(store, "keys")));
        using (Repository repository = Repository.Open(new LocalBackend(store), password, Cheap))
        {
            Assert.Equal(Path.GetFileName(key), repository.KeyId.ToString());
            repository.AddKey(Password);
        }

        File.Delete(key);
    }

    /// <summary>Locks, and files that were not written to their end.</summary>
    public static IEnumerable<string> Leftovers(string store) => Directory.EnumerateFiles(store, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(store, path))
        .Where(static path => path != "config" && (!s_rooms.Contains(path.Split('/')[0]) || Path.GetFileName(path).Length != IdLength));

    /// <summary>Fails unless the next pruning removes what runs left that died.</summary>
    public static void AssertCleaned(string store)
    {
        // What is being locked just now is nobody's leftover.
        foreach (string file in Directory.EnumerateFiles(Path.Join(store, "locks"), "*-tmp-*"))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        }

        DirectRun.Prune(store, keepLast: 1000);
        Assert.Empty(Leftovers(store));
    }

    /// <summary>Fails where restic finds anything wrong; what nothing refers to is no error to it, either.</summary>
    public static void AssertSound(string store)
    {
        if (HasRestic)
        {
            CommandResult result = Command.RunOther("/", "restic", ["-r", store, "--no-cache", "--no-lock", "check"]);
            Assert.True(result.ExitCode == 0, $"restic finds the repository damaged: {result}");
        }
    }
}
