using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>Removing old snapshots: what is still listed is whole, nothing goes that should stay, and the next run ends it.</summary>
/// <param name="isRepository">Whether the store is a repository, where what nothing refers to any more goes, too.</param>
internal sealed class PruneScene(bool isRepository = false) : Scene
{
    private const string Store = "store";

    private IReadOnlySet<string> _before = new HashSet<string>();
    private IReadOnlySet<string> _kept = new HashSet<string>();

    public override string Name => isRepository ? "prune, repository" : "prune";

    public override bool IsLong => isRepository;

    public override IReadOnlyList<string> Arguments => ["prune", Store, "--keep-last", "1"];

    public override void Build(string place)
    {
        if (isRepository)
        {
            RepositoryState.Create(place, Store);
        }

        Directory.CreateDirectory(Path.Join(place, "source"));
        Materials.ClosedDatabase(Path.Join(place, "source", "app.db"), 100, "delete");
        Materials.Tree(Path.Join(place, "source", "state"), "welcome");
        for (int i = 0; i < 2; i++)
        {
            DirectRun.New(Path.Join(place, "source", "app.db"), Path.Join(place, Store));
            DirectRun.New(Path.Join(place, "source", "state"), Path.Join(place, Store));
        }
    }

    public override void Remember(string place, bool isAfter)
    {
        StoreState state = StoreState.Read(Path.Join(place, Store));
        state.AssertSound();
        state.AssertTidy();
        if (isAfter)
        {
            _kept = state.Ids;
            Assert.Equal(2, _kept.Count);
        }
        else
        {
            _before = state.Ids;
            Assert.Equal(4, _before.Count);
        }
    }

    public override void Check(string place, FaultRun run, Fault fault)
    {
        StoreState state = StoreState.Read(Path.Join(place, Store));
        state.AssertSound();
        Assert.True(state.Ids.IsSubsetOf(_before) && state.Ids.IsSupersetOf(_kept), "snapshots were lost");
        Outcome.Check(run, fault, place, Outcome.Done, Outcome.Failed);
        bool isKeptTold = run.Result.Output.Contains("(it cannot be read)", StringComparison.Ordinal)
            || run.Result.Output.Contains("(the plan did not remove it)", StringComparison.Ordinal);
        if (run.Result.ExitCode == Outcome.Done && !(run.Struck?.Traits.HasFlag(CallTraits.Reads) == true && isKeptTold))
        {
            Assert.True(state.Ids.SetEquals(_kept), "a run that told success did not remove all");
            state.AssertTidy();
        }

        RunAgain(place, fault);
        StoreState again = StoreState.Read(Path.Join(place, Store));
        Assert.True(again.Ids.SetEquals(_kept), "the next run did not remove the rest");
        again.AssertSound();
        again.AssertTidy();
    }

    public override void CheckTold(string place) =>
        Assert.True(StoreState.Read(Path.Join(place, Store)).Ids.SetEquals(_kept), "what was told as removed is there, or more is gone");

    public override void RunDirectly(string place) => DirectRun.Prune(Path.Join(place, Store), keepLast: 1);
}
