using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// Making a repository's index anew of which a part is lost: what could be read before can be read at any moment, no pack
/// and no snapshot goes, and the next run ends it.
/// </summary>
internal sealed class RepairScene : Scene
{
    private const string Store = "store";

    private string _readable = string.Empty;
    private IReadOnlyList<string> _packs = [];

    public override string Name => "repair";

    public override bool IsLong => true;

    public override IReadOnlyList<string> Arguments => ["repair", Store];

    public override void Build(string place)
    {
        RepositoryState.Create(place, Store);
        Take("one");
        string index = Assert.Single(Files(place, "index"));
        Take("two");
        File.Delete(Path.Join(place, Store, index));

        // They have nothing in common.
        void Take(string name)
        {
            string source = Directory.CreateDirectory(Path.Join(place, "source", name)).FullName;
            File.WriteAllText(Path.Join(source, name), string.Concat(Enumerable.Repeat(name, 1000)));
            DirectRun.New(source, Path.Join(place, Store));
        }
    }

    public override void Remember(string place, bool isAfter)
    {
        if (isAfter)
        {
            AssertRepaired(place);
            return;
        }

        _readable = Assert.Single(Files(place, "snapshots"), snapshot => DirectRun.Verifies(Path.Join(place, Store, snapshot)));
        _packs = Files(place, "data");
    }

    public override void Check(string place, FaultRun run, Fault fault)
    {
        Assert.Equal(_packs, Files(place, "data"));
        Assert.True(DirectRun.Verifies(Path.Join(place, Store, _readable)), "what could be read cannot be any more");
        Outcome.Check(run, fault, place, Outcome.Done, Outcome.Failed);
        if (run.Result.ExitCode == Outcome.Done)
        {
            AssertRepaired(place);
        }

        RunAgain(place, fault);
        AssertRepaired(place);
    }

    public override void CheckTold(string place) => AssertRepaired(place);

    public override void RunDirectly(string place) => DirectRun.Repair(Path.Join(place, Store));

    private void AssertRepaired(string place)
    {
        StoreState state = StoreState.Read(Path.Join(place, Store));
        Assert.Equal(2, state.Ids.Count);
        state.AssertSound();
        Assert.Equal(_packs, Files(place, "data"));
        state.AssertTidy();
    }

    // By their whole names alone: others are not written to their end.
    private static string[] Files(string place, string room) =>
    [
        .. Directory.EnumerateFiles(Path.Join(place, Store, room), "*", SearchOption.AllDirectories)
            .Where(static path => Path.GetFileName(path).Length == RepositoryState.IdLength)
            .Select(path => Path.GetRelativePath(Path.Join(place, Store), path))
            .Order(StringComparer.Ordinal),
    ];
}
