using BackupTools.Core;
using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// Making a repository: afterwards there is a whole one that the password opens, or none, and then the command makes one
/// when it is run again, with another password if need be.
/// </summary>
/// <param name="wasInterrupted">Whether runs were struck there before: they have left keys, and directories, but not all.</param>
internal sealed class InitScene(bool wasInterrupted = false) : Scene
{
    private const string Store = "store";
    private const string Source = "source";
    private const string AnotherPassword = "battery staple";

    private IReadOnlyList<string> _before = [];

    public override string Name => wasInterrupted ? "init, after others that were struck" : "init";

    public override bool IsLong => true;

    public override bool IsVariant => wasInterrupted;

    // As shells complete it.
    public override IReadOnlyList<string> Arguments => ["init", Store + "/"];

    // There are 256 directories of packs.
    public override bool IsOneOfMany(FileCall call) => call.Path.Contains($"/{Store}/data/", StringComparison.Ordinal);

    public override void Build(string place)
    {
        Directory.CreateDirectory(Path.Join(place, Source));
        File.WriteAllText(Path.Join(place, Source, "note"), "Welcome");
        string store = Path.Join(place, Store);
        Assert.False(RepositoryState.Is(store));
        if (!wasInterrupted)
        {
            return;
        }

        // One that was killed when its key was there, then one in the midst of removing that, then one while it wrote its key.
        string killed = Interrupt();
        File.Move(killed, killed + "-gone");
        string writing = Interrupt();
        string id = writing[^RepositoryState.IdLength..];
        File.Move(Path.Join(store, "keys", id), Path.Join(store, "keys", id + "-tmp-x1y2"));
        Directory.Delete(Path.Join(store, "index"));
        Directory.Delete(Path.Join(store, "data", "00"));
        Directory.Delete(Path.Join(store, "data", "fe"));
        Directory.CreateDirectory(Path.Join(store, "lost+found"));
        File.WriteAllText(Path.Join(store, "lost+found", "#1"), "found");

        string Interrupt()
        {
            RepositoryState.Create(Path.Join(place, "made"), Store);
            string made = Path.Join(place, "made", Store);
            string key = Path.GetFileName(Assert.Single(Directory.GetFiles(Path.Join(made, "keys"))));
            string begun = Path.Join(store, "config-tmp-" + key);
            Tool.Run("cp", ["-a", made + "/.", Directory.CreateDirectory(store).FullName]);
            Tool.Run("rm", ["-r", Path.Join(place, "made")]);
            File.Move(Path.Join(store, "config"), begun);
            return begun;
        }
    }

    public override void Remember(string place, bool isAfter)
    {
        if (isAfter)
        {
            AssertUsable(place, RepositoryState.Password, asksRestic: true);
        }
        else
        {
            _before = Entries(place);
        }
    }

    public override void Check(string place, FaultRun run, Fault fault)
    {
        string store = Path.Join(place, Store);
        bool isThere = RepositoryState.Is(store);
        Outcome.Check(run, fault, place, Outcome.Done, Outcome.Failed);
        if (run.Result.ExitCode == Outcome.Done)
        {
            Assert.True(isThere, "a run that told success made nothing");
        }
        else if (run.Result.ExitCode == Outcome.Failed)
        {
            // Where every call fails from one on, taking the config back does, too: then the run has to say so.
            bool isLeft = run.Result.Error.Contains("could not be taken back", StringComparison.Ordinal);
            Assert.True(isThere == isLeft, "a failed run made a repository, or one was told that is not there");
            if (!isThere && !Outcome.IsCleaningHindered(run, fault))
            {
                AssertAsBefore(place);
            }
        }

        string password = RepositoryState.Password;
        if (isThere)
        {
            AssertRefused(place);
        }
        else if (fault.At % 2 == 0)
        {
            RunAgain(place, fault);
        }
        else
        {
            password = AnotherPassword;
            DirectRun.Init(store, password);
        }

        AssertUsable(place, password, asksRestic: isThere || fault.At % 4 == 0);
    }

    public override void CheckTold(string place) =>
        Assert.True(RepositoryState.Is(Path.Join(place, Store)), "the repository that was told as made is not there");

    public override void RunDirectly(string place) => DirectRun.Init(Path.Join(place, Store), RepositoryState.Password);

    // What struck runs left may be gone, or be called after its end; and where they stand, nobody can tell that no other run
    // is at work just now, which needs the directories.
    private void AssertAsBefore(string place)
    {
        IReadOnlyList<string> left = Entries(place);
        if (!wasInterrupted)
        {
            Assert.Equal(_before, left);
            return;
        }

        Assert.All(left.Except(_before), path => Assert.True(
            Directory.Exists(Path.Join(place, path)) || (path.EndsWith("-gone", StringComparison.Ordinal) && _before.Contains(path[..^5])),
            $"{path} is left"));
        Assert.All(_before.Except(left), static path => Assert.True(
            path.Contains("/config-tmp-", StringComparison.Ordinal) || path.Contains("/keys/", StringComparison.Ordinal), $"{path} is gone"));
    }

    private static void AssertRefused(string place)
    {
        IReadOnlyList<string> before = Entries(place);
        BackupException error = Assert.Throws<BackupException>(() => DirectRun.Init(Path.Join(place, Store), AnotherPassword));
        Assert.Equal(ErrorId.StoreExists, error.Id);
        Assert.Equal(before, Entries(place));
    }

    private void AssertUsable(string place, string password, bool asksRestic)
    {
        string store = Path.Join(place, Store);
        string own = Path.Join(store, "lost+found");
        if (wasInterrupted)
        {
            Assert.Equal("found", File.ReadAllText(Path.Join(own, "#1")));
            Directory.Delete(own, recursive: true);
        }

        Assert.Equal(2, Directory.GetFiles(store, "*", SearchOption.AllDirectories).Length);
        RepositoryState.Rekey(store, password);
        DirectRun.New(Path.Join(place, Source), store);
        StoreState state = StoreState.Read(store);
        Assert.Single(state.Ids);
        if (asksRestic)
        {
            state.AssertSound();
        }

        // It verifies what it restores.
        using TemporaryDirectory restored = new();
        DirectRun.Restore(store, restored["target"]);
        Assert.Equal("Welcome", File.ReadAllText(Path.Join(restored["target"], "note")));
    }

    private static List<string> Entries(string place)
    {
        string store = Path.Join(place, Store);
        return !Directory.Exists(store) ? [] :
        [
            .. Directory.EnumerateFileSystemEntries(store, "*", SearchOption.AllDirectories).Append(store)
                .Select(path => Path.GetRelativePath(place, path))
                .Order(StringComparer.Ordinal),
        ];
    }
}
