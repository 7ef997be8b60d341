using BackupTools.Core;

namespace BackupTools.Cli;

/// <summary>Runs a command's items one after the other: each stands alone, the worst decides.</summary>
internal sealed class ItemRun
{
    private readonly CancellationToken _cancellation;

    public ItemRun(Output output, CancellationToken cancellation)
    {
        Output = output;
        _cancellation = cancellation;
    }

    public Output Output { get; }

    /// <summary>Asks whoever sits at the terminal.</summary>
    public PasswordPrompt Prompt => new(Output, _cancellation);

    /// <summary>What the process tells so far.</summary>
    public ExitCode Outcome { get; private set; } = ExitCode.Done;

    /// <summary>Runs an item for each path; a cancelled run tries no further ones.</summary>
    public ExitCode ForEach(IEnumerable<string> paths, Func<string, CancellationToken, ExitCode> item)
    {
        foreach (string path in paths)
        {
            Run(path, cancellation => item(path, cancellation));
            if (Outcome == ExitCode.Cancelled)
            {
                break;
            }
        }

        return Outcome;
    }

    /// <summary>Runs one item and tells of its failure.</summary>
    /// <param name="path">What the item is about.</param>
    /// <param name="item">The item.</param>
    /// <returns>The outcome of all items so far.</returns>
    public ExitCode Run(string path, Func<CancellationToken, ExitCode> item)
    {
        ExitCode outcome;
        try
        {
            outcome = item(_cancellation);
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            Output.WriteError(nameof(ErrorId.Cancelled), path, "The run was cancelled.");
            outcome = ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            Output.WriteFailure(e, path);
            outcome = e is BackupException known ? ExitCodes.Of(known.Id) : ExitCode.Failed;
        }

        Output.EndItem();
        Outcome = ExitCodes.Worst(Outcome, outcome);
        return Outcome;
    }
}
