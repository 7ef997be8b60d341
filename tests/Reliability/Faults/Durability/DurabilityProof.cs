namespace BackupTools.Reliability.Faults.Durability;

/// <summary>What following a run's calls showed.</summary>
/// <param name="Changes">How many changes were made to files and names.</param>
/// <param name="Steps">How many of its calls depend on what has been made durable before.</param>
/// <param name="Problem">The first that depends on what was not; <see langword="null"/> where there is none.</param>
internal sealed record DurabilityProof(int Changes, int Steps, string? Problem)
{
    /// <summary>Follows the calls in their order.</summary>
    public static DurabilityProof Of(IReadOnlyList<TracedCall> calls, string place, bool isOrdered)
    {
        DurableState state = new(place);
        DependencyRules rules = new(place, isOrdered);
        int steps = 0;
        string? problem = null;
        foreach (TracedCall call in calls)
        {
            if (rules.Find(call) is { } depends)
            {
                steps++;
                problem ??= Describe(state, depends, $"{call.Name}({string.Join(", ", call.Arguments)}) begins");
            }

            state.Apply(call);
        }

        problem ??= Describe(state, rules.MustLast, "the run tells success");
        return new DurabilityProof(state.Changes, steps, problem);
    }

    private static string? Describe(DurableState state, Func<string, bool> depends, string when)
    {
        IReadOnlyList<string> lost = state.Lost(path => depends(state.Shorten(path)));
        return lost.Count == 0 ? null : $"when {when}, a power cut could still take {string.Join(", ", lost)}";
    }
}
