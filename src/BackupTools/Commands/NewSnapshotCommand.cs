using System.Management.Automation;
using BackupTools.Completion;
using BackupTools.Core;
using BackupTools.Core.Snapshots;
using BackupTools.Output;

namespace BackupTools.Commands;

/// <summary>Takes a snapshot of each source.</summary>
[Cmdlet(VerbsCommon.New, "Snapshot", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PathSet)]
[OutputType(typeof(SnapshotManifest))]
public sealed class NewSnapshotCommand : BackupCommand
{
    private bool _hasInput;

    /// <summary>Databases or directories; wildcards are resolved.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Databases or directories, taken as they stand.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The store; made where missing.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>How many complete snapshots of the series to keep; 0 keeps all.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Keep { get; set; }

    /// <summary>The series' name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NameCompleter))]
    public string? Name { get; set; }

    /// <summary>The host to record.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    /// <summary>Directories below the source to count as sections.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SectionCompleter))]
    public string[] Section { get; set; } = [];

    /// <summary>Patterns, as in <c>.gitignore</c>, of what to leave out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Exclude { get; set; } = [];

    /// <summary>Files with such patterns.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] ExcludeFrom { get; set; } = [];

    /// <summary>Leaves out directories marked by a <c>CACHEDIR.TAG</c>.</summary>
    [Parameter]
    public SwitchParameter ExcludeCache { get; set; }

    /// <summary>How to copy databases.</summary>
    [Parameter]
    public CaptureMethod Capture { get; set; } = CaptureMethod.Exact;

    /// <summary>How to check the copies.</summary>
    [Parameter]
    public CheckLevel Check { get; set; } = CheckLevel.Quick;

    /// <summary>Tags to record.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] Tag { get; set; } = [];

    /// <summary>A comment to record.</summary>
    [Parameter]
    public string? Comment { get; set; }

    /// <summary>How long to wait for the store's lock: a time span, or a text such as <c>30s</c> or <c>5min</c>.</summary>
    [Parameter]
    [WaitTransformation]
    public TimeSpan? LockTimeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _hasInput = true;
        ForEachPath(Path, LiteralPath, ErrorId.SourceNotFound, source => Take(Request(source)));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!_hasInput)
        {
            WriteError(Errors.NothingGiven("no snapshot was taken", ErrorId.SourceNotFound));
        }
    }

    private NewSnapshotRequest Request(string source) => new()
    {
        Source = source,
        Store = Destination is null ? DefaultStore : SessionState.Path.ResolveLiteral(Destination),
        Keep = Keep,
        Name = Name,
        Host = HostName,
        Sections = Section,
        Exclude = Exclude,
        ExcludeFrom = [.. ExcludeFrom.Select(SessionState.Path.ResolveLiteral)],
        ExcludeCaches = ExcludeCache,
        Capture = Enum.Parse<Core.Snapshots.CaptureMethod>(Capture.ToString()),
        Check = Enum.Parse<Core.Snapshots.CheckLevel>(Check.ToString()),
        Tags = Tag,
        Comment = Comment,
        LockTimeout = LockTimeout ?? NewSnapshotRequest.DefaultLockTimeout,
        Credential = Repository,
    };

    private void Take(NewSnapshotRequest request)
    {
        if (!ShouldTake(request))
        {
            return;
        }

        SnapshotManifest made = Run(request.Source, (observer, stop) => SnapshotTaker.Take(request, observer, stop)).ToOutput();
        WriteObject(made);
        if (made.Incomplete)
        {
            WriteError(Errors.SnapshotIncomplete(made));
        }

        if (made.Check?.Result == nameof(CheckResult.Corrupt))
        {
            WriteError(Errors.SourceCorrupt(made));
        }
    }

    private bool ShouldTake(NewSnapshotRequest request)
    {
        if (!IsPlanRead)
        {
            // To measure a tree takes a walk through it, which is spared where nobody is going to read the result.
            return ShouldProcess(
                $"Taking a snapshot of '{request.Source}' into '{request.Store}'.",
                $"Take a snapshot of '{request.Source}' into '{request.Store}'?",
                null);
        }

        NewSnapshotPlan plan = Run(request.Source, (observer, stop) => SnapshotTaker.Plan(request, observer, stop));
        string kind = plan.Kind == SnapshotKind.Sqlite ? "database" : "directory";
        string what = $"of the {kind} '{plan.Source}' ({Display.Size(plan.Bytes)}) as '{plan.Name}' into '{plan.Store}'";
        IEnumerable<string> old = plan.Remove.Select(snapshot => $"'{snapshot.SnapshotPath}' ({Display.Size(snapshot.Manifest.Bytes)})");
        string removal = plan.Remove.Count == 0
            ? string.Empty
            : $", then remove {plan.Remove.Count} older than the newest {Keep ?? NewSnapshotRequest.DefaultKeep}: {string.Join(", ", old)}";
        return ShouldProcess($"Take a snapshot {what}{removal}.", $"Take a snapshot {what}{removal}?", null);
    }
}
