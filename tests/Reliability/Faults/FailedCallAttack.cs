using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults;

/// <summary>
/// Lets calls fail, one at a time or all from one on: the run says so and changes nothing, or what it made is whole.
/// </summary>
internal sealed class FailedCallAttack : IAttack
{
    public string Name => "failed-call";

    public IReadOnlyList<int> Invariants => [1, 2, 3, 9];

    public void Run(AttackRun run) => FaultPlay.Strike(
        run,
        [
            Fail(run, SystemError.EIO, (3, 10), (1, 6)),
            Fail(run, SystemError.ENOSPC, (1, 6), (1, 3)),
            Fail(run, SystemError.EROFS, (1, 4), (0, 3)),
            Fail(run, SystemError.EMFILE, (1, 6), (0, 4)),
            Fail(run, SystemError.EACCES, (0, 3), (0, 3)),
            Plan(run, new Fault(FaultKind.Fail, 0, SystemError.EIO, Reading: true), "EIO when reading", (0, 5), (0, 4)),
            .. ((SystemError[])[SystemError.EIO, SystemError.ENOSPC, SystemError.EROFS])
                .Select(error => Plan(run, new Fault(FaultKind.FailOnwards, 0, error), $"{error} from a call on", (0, 3), (0, 3))),
            Plan(run, new Fault(FaultKind.Shorten, 0), "a write cut short", (0, 3), (0, 3)),
        ]);

    private static FaultPlan Fail(AttackRun run, SystemError error, (int Small, int Bounded) most, (int Small, int Bounded) mostOfLong) =>
        Plan(run, new Fault(FaultKind.Fail, 0, error), $"{error}", most, mostOfLong);

    private static FaultPlan Plan(
        AttackRun run, Fault fault, string label, (int Small, int Bounded) most, (int Small, int Bounded) mostOfLong) => new(
            fault,
            label,
            run.Dose.Choose(most.Small, most.Bounded, int.MaxValue),
            run.Dose.Choose(mostOfLong.Small, mostOfLong.Bounded, int.MaxValue));
}
