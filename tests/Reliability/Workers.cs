namespace BackupTools.Reliability;

/// <summary>Threads that play cases, several at once.</summary>
internal static class Workers
{
    /// <summary>
    /// How many: more than there are cores, as a lock on a repository takes most of its time to settle, a sync waits for the
    /// disk, and a mount for the kernel.
    /// </summary>
    private static readonly int s_count = Math.Min(16, 4 * Environment.ProcessorCount);

    /// <summary>Does the same on all of them.</summary>
    public static void Run(AttackRun run, Action body)
    {
        Task[] workers =
        [
            .. Enumerable.Range(0, s_count)
                .Select(_ => Task.Factory.StartNew(body, run.Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        Task.WaitAll(workers, CancellationToken.None);
    }

    /// <summary>Does something with each of the items, in their order as far as that goes.</summary>
    public static void ForEach<T>(AttackRun run, IReadOnlyList<T> items, Action<T> body)
    {
        int next = -1;
        Run(run, () =>
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < items.Count)
            {
                run.Cancellation.ThrowIfCancellationRequested();
                body(items[index]);
            }
        });
    }
}
