using System.Management.Automation;
using BackupTools.Completion;
using BackupTools.Core;
using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Output;

namespace BackupTools.Commands;

/// <summary>Restores a snapshot, verified first; what stood at the destination is kept beside it.</summary>
[Cmdlet(VerbsData.Restore, "Snapshot", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = PathSet)]
[OutputType(typeof(RestoreResult))]
public sealed class RestoreSnapshotCommand : BackupCommand
{
    // More than one snapshot for the destination is refused before anything changes, so all are awaited.
    private readonly List<(string Path, string? Id)> _snapshots = [];
    private int _failures;

    /// <summary>A payload, a manifest or a store; wildcards are resolved.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>A payload, a manifest or a store, taken as it stands.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "ManifestPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The snapshot, as New-Snapshot or Get-SnapshotManifest emitted it, here or in another session.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ManifestTransformation]
    [ValidateNotNullOrEmpty]
    public SnapshotManifest[] InputObject { get; set; } = [];

    /// <summary>Where the database or the directory shall stand.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = string.Empty;

    /// <summary>With a store: the newest snapshot at or before this time.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [TimeTransformation]
    public DateTime? AsOf { get; set; }

    /// <summary>With a store: the series' name.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NameCompleter))]
    public string? Name { get; set; }

    /// <summary>With a store: the series' source.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SourceCompleter))]
    public string? Source { get; set; }

    /// <summary>With a store: the series' host.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    /// <summary>Patterns, as in <c>.gitignore</c>, of what to restore of a directory.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Include { get; set; } = [];

    /// <summary>Restores a payload that has no manifest, or whose hash does not fit.</summary>
    [Parameter]
    public SwitchParameter SkipVerify { get; set; }

    /// <summary>Writes over a standing tree and leaves what the snapshot does not have.</summary>
    [Parameter]
    public SwitchParameter Overlay { get; set; }

    /// <summary>Replaces a database although another process holds it open.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        ForEachPath(Path, LiteralPath, ErrorId.SnapshotNotFound, path => _snapshots.Add((path, null)), ref _failures);
        foreach (SnapshotManifest manifest in InputObject)
        {
            _snapshots.Add((manifest.ToString(), manifest.Id.Length > 0 ? manifest.Id : null));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        int count = _snapshots.Count + _failures;
        if (count > 1)
        {
            ThrowTerminatingError(Errors.MoreThanOneSnapshot(count, Destination));
        }

        if (count == 0)
        {
            WriteError(Errors.NothingGiven("no snapshot was restored", ErrorId.NothingToRestore));
        }

        foreach ((string path, string? id) in _snapshots)
        {
            TryItem(() => Restore(path, id));
        }
    }

    private void Restore(string path, string? id)
    {
        RestoreRequest request = new()
        {
            Snapshot = path,
            Target = SessionState.Path.ResolveLiteral(Destination),
            AsOf = AsOf?.ToUniversalTime(),
            Filter = new SnapshotFilter { Name = Name, Source = ResolveSource(Source), Host = HostName },
            Include = Include,
            SkipVerify = SkipVerify,
            Overlay = Overlay,
            Force = Force,
            ExpectedId = id,
            Credential = Repository,
        };
        RestorePlan plan = Run(path, (observer, stop) => SnapshotRestorer.Plan(request, observer, stop));
        string what = $"Restore '{plan.Snapshot.SnapshotPath}' ({Display.Size(plan.Bytes)}) to '{plan.Target}'";
        string steps = string.Join(' ', plan.Steps);
        if (ShouldProcess($"{what}. {steps}", $"{what}? {steps}", null))
        {
            Core.Restore.RestoreResult restored = Run(path, (observer, stop) => SnapshotRestorer.Run(plan, observer, stop));
            WriteObject(restored.ToOutput());
            if (restored.NotRestored > 0)
            {
                WriteError(Errors.RestoreIncomplete(restored));
            }
        }
    }
}
