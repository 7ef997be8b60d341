using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults;

/// <summary>Kills runs at each of their calls that change files, and in the middle of writes.</summary>
internal sealed class KilledAnywhereAttack : IAttack
{
    public string Name => "killed";

    public IReadOnlyList<int> Invariants => [1, 2, 3, 6, 10];

    public void Run(AttackRun run)
    {
        Dose dose = run.Dose;
        FaultPlay.Strike(
            run,
            [
                new(new Fault(FaultKind.Kill, 0), "killed at a call", dose.Choose(5, int.MaxValue, int.MaxValue), dose.Choose(3, int.MaxValue, int.MaxValue)),
                new(new Fault(FaultKind.Tear, 0), "killed in a write", dose.Choose(0, 4, int.MaxValue), dose.Choose(0, 4, int.MaxValue)),
            ]);
    }
}
