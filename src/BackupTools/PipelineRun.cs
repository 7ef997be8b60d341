using System.Collections.Concurrent;
using System.Management.Automation;
using BackupTools.Core;

namespace BackupTools;

/// <summary>
/// Runs the core on a worker thread, and what it tells meanwhile on the pipeline's: PowerShell accepts it from no other.
/// </summary>
internal sealed class PipelineRun : IRunObserver, IDisposable
{
    private readonly Cmdlet _cmdlet;
    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource _abort;
    private readonly string _item;
    private readonly ProgressDisplay _progress;

    // While work is being done.
    private BlockingCollection<Action>? _calls;

    /// <summary>Prepares to work on an item.</summary>
    /// <param name="cmdlet">The cmdlet to speak through.</param>
    /// <param name="name">Its name, for progress.</param>
    /// <param name="item">The item, usually a path.</param>
    /// <param name="stop">Ends the work: the pipeline is being stopped.</param>
    public PipelineRun(Cmdlet cmdlet, string name, string item, CancellationToken stop)
    {
        _cmdlet = cmdlet;
        _stop = stop;
        _abort = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _item = item;
        _progress = new ProgressDisplay(cmdlet, name, item);
    }

    public void OnProgress(ProgressReport report) => _calls!.Add(() => _progress.Show(report));

    public void OnNotice(Notice notice)
    {
        string text = notice.Path is { } path && !notice.Message.Contains(path, StringComparison.Ordinal)
            ? $"{path}: {notice.Message}"
            : notice.Message;
        _calls!.Add(notice.Level == NoticeLevel.Warning ? () => _cmdlet.WriteWarning(text) : () => _cmdlet.WriteVerbose(text));
    }

    /// <summary>Asks on the pipeline's thread, which alone may use the host, and waits for the answer. Called by the work.</summary>
    /// <param name="ask">Asks.</param>
    public TAnswer Ask<TAnswer>(Func<TAnswer> ask)
    {
        TaskCompletionSource<TAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls!.Add(() => answer.SetResult(ask()));

        // Where the pipeline comes down in the meantime, perhaps because it was stopped at the question, nobody will answer.
        answer.Task.Wait(_abort.Token);
        return answer.Task.Result;
    }

    /// <summary>
    /// Runs the work, or a part of it: the observer and the token that it is given are the same each time. Returns or throws
    /// only when it has come to its end and let go of its locks.
    /// </summary>
    /// <param name="work">The work.</param>
    /// <exception cref="ItemException">The work failed.</exception>
    /// <exception cref="PipelineStoppedException">It was stopped.</exception>
    public T Execute<T>(Func<IRunObserver, CancellationToken, T> work)
    {
        using BlockingCollection<Action> calls = [];
        _calls = calls;
        Task<T> task = Task.Run(
            () =>
            {
                try
                {
                    return work(this, _abort.Token);
                }
                finally
                {
                    calls.CompleteAdding();
                }
            },
            CancellationToken.None);
        try
        {
            foreach (Action call in calls.GetConsumingEnumerable(CancellationToken.None))
            {
                call();
            }
        }
        catch
        {
            // The pipeline is coming down, or a preference says to stop at a warning.
            _abort.Cancel();
            throw;
        }
        finally
        {
            Task.WaitAny([task], CancellationToken.None);
        }

        try
        {
            return task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e)
        {
            throw new ItemException(Errors.From(e, _item));
        }
        finally
        {
            if (!_stop.IsCancellationRequested)
            {
                _progress.Complete();
            }
        }
    }

    public void Dispose() => _abort.Dispose();
}
