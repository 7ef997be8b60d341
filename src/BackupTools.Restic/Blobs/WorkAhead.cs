using System.Runtime.ExceptionServices;

namespace BackupTools.Restic.Blobs;

/// <summary>
/// Works on several items at once, and hands on what comes out in the order of the items: never more are under way or wait
/// than the processor has cores, up to eight.
/// </summary>
internal static class WorkAhead
{
    private static readonly int s_degree = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Works through items; what fails first ends all.</summary>
    /// <param name="items">The items.</param>
    /// <param name="work">The work, on any thread; its token is cancelled where other work fails.</param>
    /// <param name="use">Takes what came out, on the caller's thread.</param>
    /// <param name="cancellation">Stops it.</param>
    public static void Run<TItem, TResult>(
        IReadOnlyList<TItem> items,
        Func<TItem, CancellationToken, TResult> work,
        Action<TItem, TResult> use,
        CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Queue<(TItem Item, Task<TResult> Task)> underWay = [];
        ExceptionDispatchInfo? failure = null;
        int next = 0;
        try
        {
            while (next < items.Count || underWay.Count > 0)
            {
                while (next < items.Count && underWay.Count < s_degree)
                {
                    TItem item = items[next++];
                    underWay.Enqueue((item, Task.Run(() => Work(item), stop.Token)));
                }

                (TItem first, Task<TResult> task) = underWay.Peek();
                use(first, task.GetAwaiter().GetResult());
                underWay.Dequeue();
            }
        }
        catch (OperationCanceledException) when (failure is not null && !cancellation.IsCancellationRequested)
        {
            failure.Throw();
        }
        finally
        {
            // Nothing goes on after this has come back: what it reads from may be closed.
            stop.Cancel();
            foreach ((_, Task<TResult> task) in underWay)
            {
                Task.WaitAny([task], CancellationToken.None);
                _ = task.Exception;
            }
        }

        TResult Work(TItem item)
        {
            try
            {
                return work(item, stop.Token);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                stop.Cancel();
                throw;
            }
        }
    }
}
