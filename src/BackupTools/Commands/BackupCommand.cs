using System.Management.Automation;
using BackupTools.Core;

namespace BackupTools.Commands;

/// <summary>What the cmdlets have in common: paths, the worker thread, errors that stop one item only.</summary>
public abstract partial class BackupCommand : PSCmdlet, IDisposable
{
    /// <summary>Name of the parameter set with wildcards.</summary>
    internal const string PathSet = "Path";

    /// <summary>Name of the parameter set with paths taken as they stand.</summary>
    internal const string LiteralPathSet = "LiteralPath";

    /// <summary>Name of the parameter set with manifests.</summary>
    internal const string InputObjectSet = "InputObject";

    private readonly CancellationTokenSource _stop = new();

    // The store where no other is named, in PowerShell's location.
    private protected string DefaultStore => Path.Join(SessionState.Path.CurrentFileSystemLocation.ProviderPath, "backups");

    // Whether the user is going to read what would be done, so that it is worth finding out.
    private protected bool IsPlanRead =>
        IsSwitchBound("WhatIf") is true
        || LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"))
        || (IsSwitchBound("Confirm")
            ?? GetVariableValue("ConfirmPreference") is ConfirmImpact and not ConfirmImpact.None and <= ConfirmImpact.Medium);

    /// <summary>Ends what the cmdlet holds.</summary>
    public void Dispose()
    {
        _repository?.Dispose();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Asks the work to end; called on another thread. The cmdlet returns when it has.</summary>
    protected sealed override void StopProcessing()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The cmdlet had come to its end already.
        }
    }

    // Runs the core on a worker thread.
    private protected T Run<T>(string item, Func<IRunObserver, CancellationToken, T> work)
    {
        using PipelineRun run = BeginRun(item);
        return run.Execute(work);
    }

    // For work that is done part by part, with results in between.
    private protected PipelineRun BeginRun(string item)
    {
        PipelineRun run = new(this, MyInvocation.MyCommand.Name, item, _stop.Token);
        _onPipeline = run.Ask;
        return run;
    }

    // Does something for an item; where that fails, the error is reported and the next item has its turn.
    private protected bool TryItem(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (ItemException e)
        {
            WriteError(e.Error);
            return false;
        }
    }

    // Calls an action for each path that the parameters stand for; each stands alone.
    private protected void ForEachPath(string[]? patterns, string[]? literals, ErrorId? nothing, Action<string> action)
    {
        int failures = 0;
        ForEachPath(patterns, literals, nothing, action, ref failures);
    }

    // The same, counting the items that failed.
    private protected void ForEachPath(
        string[]? patterns, string[]? literals, ErrorId? nothing, Action<string> action, ref int failures)
    {
        int failed = 0;
        foreach (string pattern in patterns ?? [])
        {
            Try(() =>
            {
                foreach (string path in SessionState.Path.ResolvePattern(pattern, nothing))
                {
                    Try(() => action(path));
                }
            });
        }

        foreach (string literal in literals ?? [])
        {
            Try(() => action(SessionState.Path.ResolveLiteral(literal)));
        }

        failures += failed;

        // Not "failed += ...", which would forget what the item itself counted.
        void Try(Action item)
        {
            if (!TryItem(item))
            {
                failed++;
            }
        }
    }

    // A filter's source may be of another machine, whose paths this one cannot resolve.
    private protected string? ResolveSource(string? source)
    {
        try
        {
            return source is null ? null : SessionState.Path.ResolveLiteral(source);
        }
        catch (ItemException)
        {
            return source;
        }
    }

    private bool? IsSwitchBound(string name) =>
        MyInvocation.BoundParameters.TryGetValue(name, out object? value) ? LanguagePrimitives.IsTrue(value) : null;
}
