using System.Diagnostics;
using System.Globalization;

namespace BackupTools.Reliability.Hostile;

/// <summary>Cases that differ by their random choices alone, and are repeated by the seed and their number.</summary>
internal static class CaseSeries
{
    /// <summary>Plays a kind: as many cases as the dose says, in the long dose for as long as it lasts.</summary>
    /// <param name="run">Who counts.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="counts">How many cases in the small and the bounded dose.</param>
    /// <param name="share">Which part of the long dose's time.</param>
    /// <param name="body">The case.</param>
    public static void Play(AttackRun run, string kind, (int Small, int Bounded) counts, double share, Action<Random> body)
    {
        if (!run.Wants(kind))
        {
            return;
        }

        if (run.OnlyCase is { } only && only != kind)
        {
            Play(run, kind, int.Parse(only.AsSpan(kind.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture), body);
            return;
        }

        long count = run.Dose.Choose(counts.Small, counts.Bounded, long.MaxValue);
        Stopwatch watch = Stopwatch.StartNew();
        int next = -1;
        Workers.Run(run, () =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < count
                && (run.Dose != Dose.Long || watch.Elapsed < run.LongTime * share))
            {
                Play(run, kind, number, body);
            }
        });
    }

    private static void Play(AttackRun run, string kind, int number, Action<Random> body)
    {
        // Each kind makes choices of its own; the number is told rather than the choices.
        int start = run.Seed;
        foreach (char c in kind)
        {
            start = unchecked((start * 31) + c);
        }

        run.Case(kind, number.ToString(CultureInfo.InvariantCulture), () => body(new Random(unchecked((start * 1_000_003) + number))));
    }
}
