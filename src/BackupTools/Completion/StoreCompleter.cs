using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using BackupTools.Core;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Output;

namespace BackupTools.Completion;

/// <summary>Completes a value from the snapshots of the store that the command line names so far.</summary>
/// <remarks>A completer never throws, and gives up rather than keep anybody waiting.</remarks>
public abstract class StoreCompleter : IArgumentCompleter
{
    // Whoever presses Tab waits about this long before they think that something is broken.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(800);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            // What New-Snapshot has for a path is its source; the store is its destination.
            bool takesSnapshots = commandName.Split('\\')[^1].StartsWith("New-", StringComparison.OrdinalIgnoreCase);
            List<string> stores = takesSnapshots
                ? CompletionArguments.Paths(fakeBoundParameters, "Destination")
                : CompletionArguments.Paths(fakeBoundParameters, "Path", "LiteralPath");
            List<string> paths = stores.Count > 0 ? stores : [CompletionArguments.DefaultStore];
            using CancellationTokenSource patience = new(s_patience);
            Task<List<SnapshotManifest>> listing = Task.Run(() => List(paths, patience.Token), patience.Token);
            return listing.Wait(s_patience)
                ? CompletionArguments.Results(wordToComplete, listing.Result.SelectMany(Values))
                : [];
        }
        catch (Exception)
        {
            return [];
        }
    }

    /// <summary>Picks the values out of a snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>Its values.</returns>
    protected abstract IEnumerable<string> Values(SnapshotManifest snapshot);

    private static List<SnapshotManifest> List(List<string> paths, CancellationToken cancellation)
    {
        // Whoever presses Tab has asked for no program to be run, and is asked nothing.
        using RepositoryCredential credential = new() { MayRunCommand = false };
        List<SnapshotManifest> found = [];
        foreach (string path in paths)
        {
            found.AddRange(SnapshotLister.List(new ListRequest { Path = path, Credential = credential }, Unheard.Instance, cancellation)
                .Select(snapshot => snapshot.ToOutput()));
        }

        return found;
    }

    private sealed class Unheard : IRunObserver
    {
        public static Unheard Instance { get; } = new();

        public void OnProgress(ProgressReport report)
        {
        }

        public void OnNotice(Notice notice)
        {
        }
    }
}

/// <summary>Completes the names of series.</summary>
public sealed class NameCompleter : StoreCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Values(SnapshotManifest snapshot) => [snapshot.Name];
}

/// <summary>Completes the paths of sources.</summary>
public sealed class SourceCompleter : StoreCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Values(SnapshotManifest snapshot) => [snapshot.Source];
}

/// <summary>Completes the names of hosts.</summary>
public sealed class HostNameCompleter : StoreCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Values(SnapshotManifest snapshot) => [snapshot.Host];
}

/// <summary>Completes tags.</summary>
public sealed class TagCompleter : StoreCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Values(SnapshotManifest snapshot) => snapshot.Tags;
}
