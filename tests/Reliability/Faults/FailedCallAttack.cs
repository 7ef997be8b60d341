using System.Globalization;
using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults;

/// <summary>
/// Lets calls fail, one at a time or all from one on: the run says so and changes nothing, or what it made is whole.
/// </summary>
internal sealed class FailedCallAttack : IAttack
{
    public string Name => "failed-call";

    public IReadOnlyList<int> Invariants => [1, 2, 3, 9];

    public void Run(AttackRun run)
    {
        Dose dose = run.Dose;
        Fail(run, SystemError.EIO, dose.Choose(2, int.MaxValue, int.MaxValue));
        Fail(run, SystemError.ENOSPC, dose.Choose(1, int.MaxValue, int.MaxValue));
        if (dose == Dose.Small)
        {
            return;
        }

        Fail(run, SystemError.EROFS, int.MaxValue);
        Fail(run, SystemError.EMFILE, int.MaxValue);
        int some = dose.Choose(0, 4, int.MaxValue);
        Fail(run, SystemError.EACCES, some);
        FaultPlay.Strike(run, new Fault(FaultKind.Fail, 0, SystemError.EIO, Reading: true), "EIO when reading", some);
        foreach (SystemError error in (SystemError[])[SystemError.EIO, SystemError.ENOSPC, SystemError.EROFS])
        {
            FaultPlay.Strike(
                run, new Fault(FaultKind.FailOnwards, 0, error), string.Create(CultureInfo.InvariantCulture, $"{error} from a call on"), some);
        }

        FaultPlay.Strike(run, new Fault(FaultKind.Shorten, 0), "a write cut short", some);
    }

    private static void Fail(AttackRun run, SystemError error, int most) =>
        FaultPlay.Strike(run, new Fault(FaultKind.Fail, 0, error), $"{error}", most);
}
