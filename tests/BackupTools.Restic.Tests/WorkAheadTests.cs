using BackupTools.Restic.Blobs;

namespace BackupTools.Restic.Tests;

public sealed class WorkAheadTests
{
    private static readonly int s_degree = Math.Clamp(Environment.ProcessorCount, 2, 8);

    [Fact]
    public void Results_come_in_the_order_of_the_items_whichever_is_done_first()
    {
        using ManualResetEventSlim secondIsDone = new();
        List<int> results = [];
        WorkAhead.Run(
            Enumerable.Range(0, 50).ToList(),
            (item, stop) =>
            {
                if (item == 0)
                {
                    secondIsDone.Wait(stop);
                }
                else
                {
                    secondIsDone.Set();
                }

                return item * item;
            },
            (item, result) =>
            {
                Assert.Equal(item * item, result);
                results.Add(item);
            },
            CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 50), results);
    }

    [Fact]
    public void No_more_is_under_way_than_there_are_cores()
    {
        int begun = 0;
        int most = 0;
        int used = 0;
        WorkAhead.Run(
            Enumerable.Range(0, 500).ToList(),
            (item, _) =>
            {
                Interlocked.Increment(ref begun);
                return new byte[100];
            },
            (_, _) =>
            {
                most = Math.Max(most, Volatile.Read(ref begun) - used);
                used++;
            },
            CancellationToken.None);
        Assert.Equal(500, used);
        Assert.InRange(most, 1, s_degree);
    }

    [Fact]
    public void What_fails_first_ends_all_and_is_told()
    {
        int begun = 0;
        int ended = 0;
        IOException error = Assert.Throws<IOException>(() => WorkAhead.Run<int, int>(
            Enumerable.Range(0, 100).ToList(),
            (item, stop) =>
            {
                Interlocked.Increment(ref begun);
                try
                {
                    if (item == 1)
                    {
                        throw new IOException("The second.");
                    }

                    stop.WaitHandle.WaitOne();
                    stop.ThrowIfCancellationRequested();
                    return item;
                }
                finally
                {
                    Interlocked.Increment(ref ended);
                }
            },
            (_, _) => Assert.Fail("Nothing came out."),
            CancellationToken.None));
        Assert.Equal("The second.", error.Message);
        Assert.InRange(begun, 2, s_degree);
        Assert.Equal(begun, ended);
    }

    [Fact]
    public void A_failure_of_who_takes_the_results_ends_all()
    {
        int begun = 0;
        Assert.Throws<InvalidDataException>(() => WorkAhead.Run(
            Enumerable.Range(0, 100).ToList(),
            (item, _) => Interlocked.Increment(ref begun),
            (item, _) => throw new InvalidDataException(),
            CancellationToken.None));
        Assert.InRange(begun, 1, s_degree);
    }

    [Fact]
    public void Cancelled_it_stops_and_leaves_nothing_running()
    {
        using CancellationTokenSource cancellation = new();
        int begun = 0;
        int ended = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => WorkAhead.Run<int, int>(
            Enumerable.Range(0, 100).ToList(),
            (item, stop) =>
            {
                Interlocked.Increment(ref begun);
                cancellation.Cancel();
                stop.WaitHandle.WaitOne();
                Interlocked.Increment(ref ended);
                stop.ThrowIfCancellationRequested();
                return item;
            },
            (_, _) => Assert.Fail("Nothing came out."),
            cancellation.Token));
        Assert.InRange(begun, 1, s_degree);
        Assert.Equal(begun, ended);
    }
}
