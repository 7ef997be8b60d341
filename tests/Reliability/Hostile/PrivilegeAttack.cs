using System.Runtime.Versioning;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Hostile;

/// <summary>
/// Looks at who may read what a run makes, whatever the umask, while it runs and afterwards; for what stands in files,
/// rows and the environment in what it says; and runs as a user who may not read all of a source.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class PrivilegeAttack : IAttack
{
    private const string InFile = "SECRET-IN-FILE";
    private const string InRow = "SECRET-IN-ROW";
    private const string InEnvironment = "SECRET-IN-ENVIRONMENT";

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public string Name => "privileges";

    public IReadOnlyList<int> Invariants => [7, 9];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        if (!OperatingSystem.IsLinux())
        {
            run.Skip("private files", "Modes and users are those of Linux.");
            return;
        }

        foreach (string umask in run.Dose == Dose.Small ? (string[])["000", "777"] : ["000", "022", "077", "777"])
        {
            foreach (string capture in run.Dose == Dose.Small ? (string[])["exact"] : ["exact", "vacuum"])
            {
                run.Case("private files", $"umask {umask}, {capture}", () => StayPrivate(umask, capture));
            }
        }

        run.Case("nothing secret said", "sound", static () => SayNothing(static _ => { }));
        run.Case("nothing secret said", "a corrupt database", static () => SayNothing(static source => Damage(Path.Join(source, "closed.db"), 2)));
        run.Case("nothing secret said", "a database that is none", static () => SayNothing(static source => Damage(Path.Join(source, "closed.db"), 0)));
        run.Case("nothing secret said", "a forged log", static () => SayNothing(static source => Damage(Path.Join(source, "live.db-wal"), 0)));
        run.Case("a user who may not read all", "files, directories, databases", RunAsNobody);
    }

    private static void StayPrivate(string umask, string capture)
    {
        using TemporaryDirectory place = new();
        MakeSource(place["source"]);
        using (PrivacyWatch watch = new(place["store"]))
        {
            // No umask leaves a directory that its owner cannot enter, where the program sets modes itself.
            RunWithMask(place, umask, ["new", "source", "source/closed.db", "--to", "store", "--capture", capture]).Expect(0);
            Assert.Empty(watch.Found);
        }

        AssertPrivate(place["store"]);
        RunWithMask(place, umask, ["verify", "store", "--level", "rehearse"]).Expect(0);
        string tree = Directory.GetDirectories(place["store"], "source-*").Single();
        RunWithMask(place, umask, ["restore", tree, "--to", "target"]).Expect(0);
        Assert.Equal(Modes(place["source"]), Modes(place["target"]));
        Tool.Run("chmod", ["710", place["target"]]);
        string before = Modes(place["target"]);
        RunWithMask(place, umask, ["restore", tree, "--to", "target"]).Expect(0);
        Assert.Equal(before, Modes(Directory.GetDirectories(place.Path, "target.pre-restore-*").Single()));
        AssertPrivate(place["store"]);
    }

    private static void SayNothing(Action<string> harm)
    {
        using TemporaryDirectory place = new();
        MakeSource(place["source"]);
        harm(place["source"]);
        string said = string.Empty;
        foreach (string[] arguments in (string[][])
            [
                ["new", "source", "--to", "store", "--verbose"],
                ["new", "source/closed.db", "--to", "store", "--verbose", "--json"],
                ["verify", "store", "--level", "rehearse", "--verbose"],
                ["restore", "store", "--name", "source", "--to", "target", "--verbose"],
                ["restore", "nowhere", "--to", "target", "--verbose"],
                ["prune", "store", "--keep-last", "1", "--verbose"],
                ["list", "store", "--json"],
            ])
        {
            CommandResult result = Command.RunOther(
                place.Path, Command.BackupTools, arguments, new Dictionary<string, string> { ["PRIVATE"] = InEnvironment, ["BACKUPTOOLS_DEBUG"] = "1" });
            said += result.ToString();
        }

        foreach (string secret in (string[])[InFile, InRow, InEnvironment])
        {
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        }

        foreach (string manifest in Directory.EnumerateFiles(place["store"]).Where(static path => path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".jsonl", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain("SECRET", File.ReadAllText(manifest), StringComparison.Ordinal);
        }
    }

    private static void RunAsNobody()
    {
        Skip.IfNot(Environment.UserName == "root" && Tool.Runs("setpriv", "--version"), "It needs root, and setpriv.");
        using TemporaryDirectory place = new();
        Tool.Run("chmod", ["755", place.Path]);
        MakeSource(place["source"]);
        Tool.Run("chmod", ["-R", "a+rX", place["source"]]);
        Materials.ClosedDatabase(place["source", "secret.db"], 5, "delete");
        Directory.CreateDirectory(place["source", "closed"]);
        File.WriteAllText(place["source", "secret"], InFile);
        Tool.Run("chmod", ["600", place["source", "secret"], place["source", "secret.db"]]);
        Tool.Run("chmod", ["700", place["source", "closed"]]);
        Directory.CreateDirectory(place["store"]);
        Tool.Run("chown", ["65534:65534", place["store"]]);
        Tool.Run("chmod", ["700", place["store"]]);

        string[] user = ["--reuid", "65534", "--regid", "65534", "--clear-groups", Command.BackupTools];
        CommandResult started = Command.RunOther("/", "setpriv", [.. user, "--version"]);
        Skip.If(started.ExitCode != 0, "Another user cannot run the program from where it was built.");
        CommandResult taken = Command.RunOther(place.Path, "setpriv", [.. user, "new", "source", "--to", "store"]).Expect(3);
        foreach (string name in (string[])["secret", "secret.db", "closed"])
        {
            Assert.Matches($"source/{name}'|'{name}'", taken.Error);
        }

        string payload = Directory.GetDirectories(place["store"], "source-*").Single();
        Assert.False(File.Exists(Path.Join(payload, "secret")));
        Assert.Equal(InFile, File.ReadAllText(Path.Join(payload, "note")));
        Assert.Equal("1", TestDatabase.Scalar(Path.Join(payload, "closed.db"), "SELECT count(*) FROM t"));
        Assert.DoesNotContain(Directory.EnumerateFiles(place["source"]), static path => path.EndsWith("-shm", StringComparison.Ordinal) && !path.Contains("live", StringComparison.Ordinal));
        AssertPrivate(place["store"]);

        CommandResult refused = Command.RunOther(place.Path, "setpriv", [.. user, "new", "source/secret.db", "--to", "store"]).Expect(1);
        Assert.Contains("secret.db", refused.Error, StringComparison.Ordinal);
    }

    private static void MakeSource(string path)
    {
        Directory.CreateDirectory(Path.Join(path, "sub"));
        File.WriteAllText(Path.Join(path, "note"), InFile);
        File.WriteAllText(Path.Join(path, "sub", "open"), InFile);
        TestDatabase.Execute(
            Path.Join(path, "closed.db"), "PRAGMA journal_mode=wal", "CREATE TABLE t(x UNIQUE)", $"INSERT INTO t VALUES('{InRow}' || hex(zeroblob(20000)))");
        Materials.DatabaseWithLog(Path.Join(path, "live.db"), 50);
        Tool.Run("chmod", ["666", Path.Join(path, "sub", "open"), Path.Join(path, "closed.db")]);
        Tool.Run("chmod", ["777", Path.Join(path, "sub")]);
    }

    private static void Damage(string path, int page)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(page * 4096, 60).Fill(0x41);
        File.WriteAllBytes(path, bytes);
    }

    private static CommandResult RunWithMask(TemporaryDirectory place, string umask, string[] arguments) => Command.RunOther(
        place.Path, "sh", ["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", umask, Command.BackupTools, .. arguments]);

    // A restored database has no log.
    private static string Modes(string directory) => Tool.Run(
        "sh", ["-c", "cd \"$1\" && find . ! -name '*-wal' ! -name '*-shm' -printf '%P %m %U:%G\n' | LC_ALL=C sort", "sh", directory]);

    private static void AssertPrivate(string store)
    {
        Assert.Empty(PrivacyWatch.Look(store, isStore: true));
        Assert.NotEmpty(Directory.GetFiles(store, "*", SearchOption.AllDirectories));
    }

    /// <summary>Looks at a store all the time while others write to it.</summary>
    private sealed class PrivacyWatch : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _work;
        private volatile string[] _found = [];

        public PrivacyWatch(string store) => _work = Task.Factory.StartNew(
            () =>
            {
                while (!_stop.IsCancellationRequested && _found.Length == 0)
                {
                    _found = [.. Look(store, isStore: false)];
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        public IReadOnlyList<string> Found => _found;

        /// <summary>What others than its owner may use, and is no directory above which it cannot be reached.</summary>
        public static IEnumerable<string> Look(string store, bool isStore)
        {
            string[] all;
            try
            {
                all = [.. Directory.EnumerateFileSystemEntries(store, "*", SearchOption.AllDirectories), .. isStore ? (string[])[store] : []];
            }
            catch (IOException)
            {
                yield break;
            }

            foreach (string path in all)
            {
                if (ModeOf(path) is { } mode && (mode & Others) != 0)
                {
                    yield return $"{path}: {mode}";
                }
            }
        }

        public void Dispose()
        {
            _stop.Cancel();
            _work.GetAwaiter().GetResult();
            _stop.Dispose();
        }

        private static UnixFileMode? ModeOf(string path)
        {
            try
            {
                return new FileInfo(path).LinkTarget is null ? File.GetUnixFileMode(path) : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}
