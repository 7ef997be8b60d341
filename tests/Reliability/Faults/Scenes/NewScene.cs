using BackupTools.Core.Snapshots;
using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// Taking a snapshot: afterwards there is all of it or nothing, no other snapshot is lost, the source is untouched, and
/// the next run cleans up and succeeds.
/// </summary>
internal sealed class NewScene : Scene
{
    private const int Rows = 400;
    private const string Source = "source";
    private const string Store = "store";

    private readonly string _item;
    private readonly Action<string> _build;
    private readonly Action<string, string> _assertContent;
    private readonly int? _keep;
    private readonly bool _isRepository;
    private TreeImage? _source;
    private IReadOnlySet<string> _before = new HashSet<string>();
    private int _snapshotsAfter;

    private NewScene(
        string name, string item, Action<string> build, Action<string, string> assertContent, int? keep = null, bool isRepository = false)
    {
        Name = name;
        _item = item;
        _build = build;
        _assertContent = assertContent;
        _keep = keep;
        _isRepository = isRepository;
    }

    public override string Name { get; }

    public override bool IsLong => _isRepository;

    public override IReadOnlyList<string> Arguments => _keep is { } keep
        ? ["new", $"{Source}/{_item}", "--to", Store, "--keep", $"{keep}"]
        : ["new", $"{Source}/{_item}", "--to", Store];

    public static NewScene DatabaseWithLog() => new(
        "new, database in WAL mode",
        "app.db",
        static path => Materials.DatabaseWithLog(path, Rows),
        static (payload, _) => Materials.AssertContent(payload, Rows));

    public static NewScene DatabaseWithHotJournal() => new(
        "new, database with a hot journal",
        "app.db",
        static path => Materials.DatabaseWithHotJournal(path, Rows),
        static (payload, _) => Materials.AssertContent(payload, Rows));

    public static NewScene Tree() => new(
        "new, directory with databases", "state", static path => Materials.Tree(path, "welcome"), Materials.AssertTree);

    /// <summary>Takes one more where only two may stay: the oldest goes.</summary>
    public static NewScene Keep() => new(
        "new --keep",
        "app.db",
        static path => Materials.ClosedDatabase(path, Rows, "delete"),
        static (payload, _) => Materials.AssertContent(payload, Rows),
        keep: 2);

    public static NewScene DatabaseToRepository() => new(
        "new, database, to a repository",
        "app.db",
        static path => Materials.DatabaseWithLog(path, Rows),
        static (payload, _) => Materials.AssertContent(payload, Rows),
        isRepository: true);

    public static NewScene TreeToRepository() => new(
        "new, directory with databases, to a repository",
        "state",
        static path => Materials.Tree(path, "welcome"),
        Materials.AssertTree,
        isRepository: true);

    public static NewScene KeepInRepository() => new(
        "new, database, --keep, in a repository",
        "app.db",
        static path => Materials.DatabaseWithLog(path, Rows),
        static (payload, _) => Materials.AssertContent(payload, Rows),
        keep: 2,
        isRepository: true);

    public override void Build(string place)
    {
        if (_isRepository)
        {
            RepositoryState.Create(place, Store);
        }

        Directory.CreateDirectory(Path.Join(place, Source));
        _build(Path.Join(place, Source, _item));
        for (int i = 0; i < (_keep ?? 1); i++)
        {
            DirectRun.New(Path.Join(place, Source, _item), Path.Join(place, Store));
        }
    }

    public override void Remember(string place, bool isAfter)
    {
        StoreState state = StoreState.Read(Path.Join(place, Store));
        state.AssertSound(Core.Verification.VerifyLevel.Rehearse);
        state.AssertTidy();
        if (isAfter)
        {
            _snapshotsAfter = state.Ids.Count;
            _source!.AssertSame(TreeImage.Of(Path.Join(place, Source)), "the source");
            AssertContentOfNewest(place, state);
        }
        else
        {
            _source = TreeImage.Of(Path.Join(place, Source));
            _before = state.Ids;
        }
    }

    public override void Check(string place, FaultRun run, Fault fault)
    {
        StoreState state = StoreState.Read(Path.Join(place, Store));
        _source!.AssertSame(TreeImage.Of(Path.Join(place, Source)), "the source");
        int exitCode = run.Result.ExitCode;
        state.AssertSound(mayBeIncomplete: exitCode == Outcome.Incomplete);
        HashSet<string> made = [.. state.Ids.Except(_before)];
        HashSet<string> lost = [.. _before.Except(state.Ids)];
        Assert.True(made.Count <= 1, "one run made several snapshots");
        Assert.True(lost.Count == 0 || (_keep is not null && made.Count == 1 && lost.Count == 1), "snapshots were lost");
        Outcome.Check(run, fault, place, Outcome.Done, Outcome.Failed, Outcome.Incomplete);
        if (exitCode == Outcome.Failed)
        {
            // Where every call fails from one on, taking the manifest back does, too: then the run has to say so.
            bool isLeft = run.Result.Error.Contains("could not be taken back", StringComparison.Ordinal);
            Assert.True(made.Count == (isLeft ? 1 : 0) && lost.Count == 0, "a failed run changed what snapshots there are");
        }
        else if (exitCode is Outcome.Done or Outcome.Incomplete)
        {
            Assert.True(made.Count == 1, "a run that told success made nothing");
        }

        if (exitCode == Outcome.Done)
        {
            AssertContentOfNewest(place, state);
        }

        bool isRemovalTold = exitCode == Outcome.Done && run.Result.Error.Contains("could not be removed", StringComparison.Ordinal);
        if (exitCode != CommandResult.Killed && !isRemovalTold && !Outcome.IsCleaningHindered(run, fault))
        {
            Assert.Empty(state.Partial);
        }

        RunAgain(place, fault);
        StoreState again = StoreState.Read(Path.Join(place, Store));
        again.AssertSound(mayBeIncomplete: exitCode == Outcome.Incomplete);
        again.AssertTidy();
        AssertContentOfNewest(place, again);
        _source.AssertSame(TreeImage.Of(Path.Join(place, Source)), "the source");
        Assert.Equal(_keep is null ? _snapshotsAfter + made.Count : exitCode == Outcome.Incomplete ? 3 : _keep, again.Ids.Count);
    }

    public override void CheckTold(string place)
    {
        IReadOnlySet<string> ids = StoreState.Read(Path.Join(place, Store)).Ids;
        Assert.True(ids.Except(_before).Count() == 1, "the snapshot that was told as made is not there");
    }

    public override void RunDirectly(string place) =>
        DirectRun.New(Path.Join(place, Source, _item), Path.Join(place, Store), _keep);

    private void AssertContentOfNewest(string place, StoreState state)
    {
        StoredSnapshot newest = state.Snapshots[^1];
        Assert.DoesNotContain(newest.Manifest.Id, _before);
        string source = Path.Join(place, Source, _item);
        if (!_isRepository)
        {
            _assertContent(newest.SnapshotPath, source);
            return;
        }

        using TemporaryDirectory restored = new();
        DirectRun.Restore(newest.SnapshotPath, restored[_item]);
        _assertContent(restored[_item], source);
    }
}
