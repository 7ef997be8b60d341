using BackupTools.Core;
using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// Restoring: afterwards the old target stands or the new one with the old beside it, or an intent record tells that it
/// is neither; running the command again gets there, and what stood there before is in a safety copy.
/// </summary>
internal sealed class RestoreScene : Scene
{
    private const string Home = "there";
    private const string Store = "store";

    private readonly string _target;
    private readonly Action<string> _buildSource;
    private readonly Action<string> _buildTarget;
    private readonly string[] _options;
    private readonly bool _isMounted;
    private readonly bool _isRepository;
    private RestoreArea? _before;
    private RestoreArea? _after;
    private List<TreeImage> _possibleSafetyCopies = [];
    private TreeImage? _store;

    private RestoreScene(
        string name, string target, Action<string> buildSource, Action<string> buildTarget, string[]? options = null, bool isMounted = false, bool isRepository = false)
    {
        Name = name;
        _target = target;
        _buildSource = buildSource;
        _buildTarget = buildTarget;
        _options = options ?? [];
        _isMounted = isMounted;
        _isRepository = isRepository;
    }

    public override string Name { get; }

    public override IReadOnlyList<string> Arguments => ["restore", Store, "--to", $"{Home}/{_target}", .. _options];

    public override bool IsLong => _isRepository;

    public override string? Obstacle => _isMounted ? Mount.Obstacle : null;

    public static RestoreScene DatabaseWithSidecars() => new(
        "restore, database with sidecars",
        "app.db",
        static path => Materials.ClosedDatabase(path, 400, "wal"),
        static path => Materials.DatabaseWithLog(path, 250));

    public static RestoreScene DatabaseAlone() => new(
        "restore, database alone",
        "app.db",
        static path => Materials.ClosedDatabase(path, 400, "wal"),
        static path => Materials.ClosedDatabase(path, 250, "delete"));

    public static RestoreScene DatabaseToNothing() => new(
        "restore, database to nothing", "app.db", static path => Materials.ClosedDatabase(path, 400, "wal"), static _ => { });

    public static RestoreScene Tree() => new("restore, directory", "state", BuildNew, BuildOld);

    public static RestoreScene TreeToNothing() => new("restore, directory to nothing", "state", BuildNew, static _ => { });

    public static RestoreScene Overlay() => new("restore --overlay", "state", BuildNew, BuildOld, ["--overlay"]);

    public static RestoreScene MountPoint() => new("restore, mount point", "state", BuildNew, BuildOld, isMounted: true);

    public static RestoreScene DatabaseFromRepository() => new(
        "restore, database, from a repository",
        "app.db",
        static path => Materials.ClosedDatabase(path, 400, "wal"),
        static path => Materials.DatabaseWithLog(path, 250),
        isRepository: true);

    public static RestoreScene TreeFromRepository() => new("restore, directory, from a repository", "state", BuildNew, BuildOld, isRepository: true);

    public override void Build(string place)
    {
        if (_isRepository)
        {
            RepositoryState.Create(place, Store);
        }

        string source = Path.Join(place, "source", _target);
        Directory.CreateDirectory(Path.Join(place, "source"));
        _buildSource(source);
        DirectRun.New(source, Path.Join(place, Store));
        Directory.CreateDirectory(Path.Join(place, Home));
        File.WriteAllText(Path.Join(place, Home, "bystander"), "is nobody's business");
        _buildTarget(Path.Join(place, Home, _target));
    }

    public override void Enter(string place)
    {
        if (_isMounted)
        {
            Mount.Bind(Path.Join(place, Home, _target));
        }
    }

    public override void Leave(string place)
    {
        if (_isMounted)
        {
            Mount.Unmount(Path.Join(place, Home, _target));
        }
    }

    public override void Remember(string place, bool isAfter)
    {
        RestoreArea area = Look(place);
        Assert.Empty(area.Work);
        if (!isAfter)
        {
            Assert.Empty(area.SafetyCopies);
            _before = area;
            _store = LookAtStore(place);
            return;
        }

        _after = area;
        Assert.NotEqual(_before!.Target, area.Target);
        Assert.Equal(_before.Target.Count == 0 ? 0 : 1, area.SafetyCopies.Count);

        // Whoever restores a second time moves aside what the first time put there.
        RunDirectly(place);
        _possibleSafetyCopies = [.. Look(place).SafetyCopies];
        Assert.Equal(area.SafetyCopies.Count + 1, _possibleSafetyCopies.Count);
    }

    public override void Check(string place, FaultRun run, Fault fault)
    {
        _store!.AssertSame(LookAtStore(place), "the store");
        RestoreArea area = Look(place);
        bool isOld = area.Shows(_before!);
        bool isNew = area.Shows(_after!);
        int exitCode = run.Result.ExitCode;
        Outcome.Check(run, fault, place, Outcome.Done, Outcome.Failed);
        if (exitCode == Outcome.Done && run.Result.Error.Contains("could not be set", StringComparison.Ordinal))
        {
            // It tells what of the metadata is missing.
            Assert.Empty(area.Work);
            RunAgain(place, fault);
            _after!.Target.AssertSame(Look(place).Target, "the target after the next restore");
            return;
        }

        if (exitCode == Outcome.Done)
        {
            // What is left within a target, or cannot be set right after it, shows in the target's own time.
            bool isTimeTold = run.Result.Error.Contains("time of the directory itself was not set", StringComparison.Ordinal)
                || run.Result.Error.Contains("could not all be removed", StringComparison.Ordinal);
            _after!.AssertShown(area, withOwnTime: !isTimeTold);
            Assert.True(area.Work.Count == 0 || run.Result.Error.Length > 0, "something was left and nobody was told");
            if (area.Work.Count > 0)
            {
                DirectRun.New(Path.Join(place, Home, _target), Path.Join(place, "elsewhere"));
            }
        }
        else if (exitCode == Outcome.Failed)
        {
            bool isHindered = Outcome.IsCleaningHindered(run, fault);
            Assert.True(isOld || isHindered, $"a failed restore changed the target:\n{_before!.Target.Difference(area.Target)}");
            Assert.True(area.Work.Count == 0 || isHindered, $"a failed restore left {string.Join(", ", area.Work)}");
            bool isTold = run.Result.Error.Contains("could not be undone", StringComparison.Ordinal)
                || run.Result.Error.Contains("stands there whole", StringComparison.Ordinal);
            Assert.True(isOld || !isNew || isTold, "a failed restore left the new target, and did not say so");
        }

        if (!isOld && !isNew)
        {
            AssertPending(place, area);
        }

        RunAgain(place, fault);
        RestoreArea again = Look(place);
        Assert.Empty(again.Work);
        if (_isRepository)
        {
            RepositoryState.AssertCleaned(Path.Join(place, Store));
        }

        _after!.Target.AssertSame(again.Target, "the target after the next restore");
        _before!.Rest.AssertSame(again.Rest, "what stands beside the target");
        foreach (TreeImage copy in again.SafetyCopies)
        {
            Assert.True(
                _possibleSafetyCopies.Contains(copy),
                "a safety copy holds neither the old nor the new:\n" + string.Join("\n\n", _possibleSafetyCopies.Select(one => one.Difference(copy))));
        }

        foreach (TreeImage copy in _after.SafetyCopies)
        {
            Assert.True(
                again.SafetyCopies.Contains(copy),
                $"what stood there before is lost; there are {again.SafetyCopies.Count} safety copies:\n" +
                string.Join("\n\n", again.SafetyCopies.Select(copy.Difference)));
        }
    }

    public override void CheckTold(string place) => _after!.AssertShown(Look(place), withOwnTime: false);

    public override void RunDirectly(string place) =>
        DirectRun.Restore(Path.Join(place, Store), Path.Join(place, Home, _target), _options.Contains("--overlay"));

    private static void BuildNew(string path) => Materials.Tree(path, "welcome");

    private static void BuildOld(string path)
    {
        Materials.Tree(path, "as it was before");
        File.WriteAllText(Path.Join(path, "only here"), "kept by an overlay");
        File.Delete(Path.Join(path, "deep", "nothing"));
        Directory.Delete(Path.Join(path, "empty"));
    }

    // Whoever reads a repository locks it with a file.
    private static TreeImage LookAtStore(string place) => TreeImage.Of(Path.Join(place, Store))
        .Select(static path => path == "locks" || path.StartsWith("locks/", StringComparison.Ordinal) ? null : path);

    // Where entries are moved one by one, the directories of the safety copy are made for it.
    private RestoreArea Look(string place) =>
        RestoreArea.Look(Path.Join(place, Home), _target, isWithin: _isMounted, isByEntry: _isMounted || _options.Contains("--overlay"));

    // Neither the one nor the other stands there: nobody may take it for data, and no database may look whole.
    private void AssertPending(string place, RestoreArea area)
    {
        Exception? refused = Record.Exception(() => DirectRun.New(Path.Join(place, Home, _target), Path.Join(place, "elsewhere")));
        bool isMissing = !Path.Exists(Path.Join(place, Home, _target));
        Assert.True(
            refused is BackupException { Id: ErrorId.RestoreInterrupted },
            $"neither the old target nor the new one stands, and nothing tells:\n{_before!.Target.Difference(area.Target)}\n{refused}");
        if (!isMissing && _target.EndsWith(".db", StringComparison.Ordinal))
        {
            Assert.True(
                area.Target.Equals(_before!.Target) || area.Target.Equals(_after!.Target),
                $"a mixture stands there:\n{_before!.Target.Difference(area.Target)}");
        }
    }
}
