using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>How a run may end that was struck.</summary>
internal static class Outcome
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Incomplete = 3;

    /// <summary>Fails unless a run was killed where it had to be, and otherwise ended in order and said why.</summary>
    public static void Check(FaultRun run, Fault fault, string place, params int[] exitCodes)
    {
        CommandResult result = run.Result;
        bool isKilling = fault.Kind is FaultKind.Kill or FaultKind.Tear && run.Struck is not null;
        if (isKilling)
        {
            Assert.Equal(CommandResult.Killed, result.ExitCode);
            return;
        }

        Assert.Contains(result.ExitCode, exitCodes);
        Assert.False(
            result.Error.Contains("   at ", StringComparison.Ordinal) || result.Error.Contains("Unhandled", StringComparison.Ordinal),
            "a stack trace was shown");
        Assert.False(result.Error.Contains("Unexpected error", StringComparison.Ordinal), "an error was not foreseen");
        if (run.Struck is null || fault.Kind == FaultKind.Shorten)
        {
            result.Expect(Done);
        }
        else if (result.ExitCode != Done)
        {
            Assert.Contains("error: ", result.ExitCode == Failed ? result.Error : "error: " + result.Error, StringComparison.Ordinal);

            // What could not be read of a source is told by its path within that.
            string path = result.ExitCode == Incomplete ? "Not read: '" : place;
            Assert.True(result.Error.Contains(path, StringComparison.Ordinal), "no path was named");
            // SQLite says that it cannot open a file, and not why.
            if (fault.Reading && !run.Struck.Traits.HasFlag(CallTraits.Opens))
            {
                Assert.True(
                    result.Error.Contains("Input/output error", StringComparison.Ordinal), "what could not be read was told as something else");
            }
        }
        else if (run.Struck.Traits.HasFlag(CallTraits.Syncs))
        {
            Assert.True(result.Error.Length > 0, "a sync failed and nobody was told");
        }
    }

    /// <summary>Whether a fault keeps a run from removing what it made, too.</summary>
    public static bool IsCleaningHindered(FaultRun run, Fault fault) =>
        fault.Kind == FaultKind.FailOnwards || run.Struck?.Traits.HasFlag(CallTraits.Removes) == true;
}
