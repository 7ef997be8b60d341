using System.Collections.Concurrent;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Core.Sources.Directories;

/// <summary>What the capture of a tree came to.</summary>
internal sealed record TreeCaptureResult(
    long EntryCount,
    long Bytes,
    IReadOnlyList<SnapshotSection> Sections,
    SnapshotCheck Check,
    IReadOnlyList<SnapshotProblem> Errors,
    IReadOnlyList<SnapshotProblem> Skipped);

/// <summary>
/// Captures a tree: one thread walks, a few copy, and the calling thread writes the listing in the walk's order.
/// </summary>
internal sealed class TreeCapture : IDisposable
{
    // Directories that the batches in flight may hold open, beside those on the way down to the walk's place.
    private const int MaxDirectoriesPerBatch = 16;

    private readonly ISnapshotWriter _writer;
    private readonly NewSnapshotRequest _request;
    private readonly ProgressTracker _progress;
    private readonly CancellationTokenSource _stop;
    private readonly EntryMetadata _metadata = new();
    private readonly SessionFiles _sessionFiles = new();
    private readonly ProblemList _errors = new();
    private readonly ProblemList _skipped = new();
    private readonly DatabaseChecks _checks;
    private readonly SectionCounter _sections;
    private readonly BlockingCollection<TreeBatch> _work;
    private readonly BlockingCollection<TreeBatch> _inOrder;

    private TreeCapture(ISnapshotWriter writer, NewSnapshotRequest request, ProgressTracker progress, CancellationToken cancellation)
    {
        _writer = writer;
        _request = request;
        _progress = progress;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _checks = new DatabaseChecks(request.Check);
        _sections = new SectionCounter(request.Sections.Select(ParseSection));
        _work = new BlockingCollection<TreeBatch>(WorkerCount * 4);
        _inOrder = new BlockingCollection<TreeBatch>(WorkerCount * 8);
    }

    private static int WorkerCount => Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Captures a tree into a writer.</summary>
    /// <param name="source">The root.</param>
    /// <param name="fullPath">The root's full path with no link in it, as bytes.</param>
    /// <param name="exclusions">What to leave out.</param>
    /// <param name="writer">Receives payload and listing.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="progress">Hears of bytes and decisions.</param>
    /// <param name="cancellation">Stops within a fraction of a second.</param>
    public static TreeCaptureResult Run(
        DirectoryHandle source,
        byte[] fullPath,
        TreeExclusions exclusions,
        ISnapshotWriter writer,
        NewSnapshotRequest request,
        ProgressTracker progress,
        CancellationToken cancellation)
    {
        using TreeCapture capture = new(writer, request, progress, cancellation);
        using TreeDirectory root = new(source.Retain(), writer.Root, TreePath.Root, fullPath);
        capture.Run(root, exclusions);
        cancellation.ThrowIfCancellationRequested();
        return capture.Result();
    }

    public void Dispose()
    {
        _work.Dispose();
        _inOrder.Dispose();
        _stop.Dispose();
    }

    private static TreePath ParseSection(string text) =>
        TreePath.TryCreate(text.TrimEnd('/'), out TreePath path) && !path.IsRoot
            ? path
            : throw new BackupException(
                ErrorId.InvalidArgument,
                $"'{text}' is no section: name a directory below the source, such as memory/facts. Nothing was changed.",
                text);

    private void Run(TreeDirectory root, TreeExclusions exclusions)
    {
        List<Task> threads = [Start(() => Walk(root, exclusions))];
        for (int i = 0; i < WorkerCount; i++)
        {
            threads.Add(Start(Work));
        }

        Exception? failure = null;
        try
        {
            WriteListing();
        }
        catch (Exception e)
        {
            failure = e;
            _stop.Cancel();
        }

        // Locks are released when the caller hears of the end, so nothing may still be at work then.
        WaitForAll(threads);
        while (_work.TryTake(out TreeBatch? batch))
        {
            Release(batch);
        }

        failure = threads
            .Select(static thread => thread.Exception?.InnerException)
            .FirstOrDefault(static error => error is not null and not OperationCanceledException) ?? failure;
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static Task Start(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void WaitForAll(List<Task> threads)
    {
        try
        {
            Task.WaitAll(threads);
        }
        catch (AggregateException)
        {
            // Each thread's own error is looked at afterwards.
        }
    }

    private void Walk(TreeDirectory root, TreeExclusions exclusions)
    {
        TreeWalker walker = new(exclusions, _metadata, AddError, AddSkipped, _stop.Token);
        TreeBatch batch = new();
        long bytes = 0;
        int directories = 0;
        TreeDirectory? last = null;
        try
        {
            foreach (TreeItem item in walker.Walk(root))
            {
                batch.Items.Add(item);
                bytes += item.Status.Size;
                directories += ReferenceEquals(item.Directory, last) ? 0 : 1;
                last = item.Directory;
                if (batch.Items.Count >= TreeBatch.MaxItems || bytes >= TreeBatch.MaxBytes || directories >= MaxDirectoriesPerBatch)
                {
                    Hand(batch);
                    batch = new TreeBatch();
                    bytes = 0;
                    directories = 0;
                    last = null;
                }
            }

            Hand(batch);
        }
        catch
        {
            Release(batch);
            _stop.Cancel();
            throw;
        }
        finally
        {
            _work.CompleteAdding();
            _inOrder.CompleteAdding();
        }
    }

    private void Hand(TreeBatch batch)
    {
        _inOrder.Add(batch, _stop.Token);
        _work.Add(batch, _stop.Token);
    }

    private void Work()
    {
        DatabaseCopier databases = new(_writer, _request.Capture, _request.Check, _metadata, _progress, _stop.Token);
        FileCopier copier = new(_metadata, databases, _sessionFiles, _progress, _stop.Token);
        try
        {
            foreach (TreeBatch batch in _work.GetConsumingEnumerable(_stop.Token))
            {
                try
                {
                    batch.Listing = _writer.CreateListingPart();
                    foreach (TreeItem item in batch.Items)
                    {
                        _stop.Token.ThrowIfCancellationRequested();
                        if (item.Entry is null)
                        {
                            copier.Copy(item, batch.Errors);
                        }

                        if (item.Entry is not null)
                        {
                            batch.Listing.Add(item.Entry);
                        }
                    }

                    batch.Complete();
                }
                catch (Exception e)
                {
                    batch.Fail(e);
                    _stop.Cancel();
                    throw;
                }
                finally
                {
                    Release(batch);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled tells why.
        }
    }

    private void WriteListing()
    {
        foreach (TreeBatch batch in _inOrder.GetConsumingEnumerable(_stop.Token))
        {
            batch.Wait(_stop.Token);
            foreach (TreeItem item in batch.Items)
            {
                if (item.Entry is { } entry)
                {
                    _sections.Add(entry);
                    _checks.Add(entry);
                }
            }

            using (IListingPart listing = batch.Listing!)
            {
                _writer.AddListing(listing);
            }

            foreach (SnapshotProblem problem in batch.Errors)
            {
                AddError(problem);
            }
        }
    }

    private TreeCaptureResult Result() => new(
        _sections.EntryCount, _sections.Bytes, _sections.ToList(), _checks.Summarize(), _errors.ToList(), _skipped.ToList());

    private void AddError(SnapshotProblem problem)
    {
        lock (_errors)
        {
            _errors.Add(problem);
        }

        _progress.Warn($"Not read: '{problem.Path}': {problem.Reason}", problem.Path);
    }

    private void AddSkipped(SnapshotProblem problem)
    {
        lock (_skipped)
        {
            _skipped.Add(problem);
        }

        _progress.Verbose($"Left out: '{problem.Path}': {problem.Reason}", problem.Path);
    }

    private static void Release(TreeBatch batch)
    {
        foreach (TreeItem item in batch.Items)
        {
            item.ReleaseDirectory();
        }
    }
}
