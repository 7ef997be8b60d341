using System.Management.Automation;
using BackupTools.Core;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Output;

namespace BackupTools.Commands;

/// <summary>Makes a repository's index anew from its packs.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "SnapshotRepository", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PathSet)]
[OutputType(typeof(RepositoryRepairResult))]
public sealed class RepairSnapshotRepositoryCommand : BackupCommand
{
    /// <summary>Repositories; wildcards are resolved.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Repositories, taken as they stand.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>How long to wait for others who use it: a time span, or a text such as <c>30s</c> or <c>5min</c>.</summary>
    [Parameter]
    [WaitTransformation]
    public TimeSpan? LockTimeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForEachPath(Path, LiteralPath, ErrorId.StoreNotFound, Repair);

    private void Repair(string path)
    {
        if (ShouldProcess($"Making the index of the repository '{path}' anew.", $"Make the index of the repository '{path}' anew?", null))
        {
            RepairRequest request = new()
            {
                Store = path,
                LockTimeout = LockTimeout ?? NewSnapshotRequest.DefaultLockTimeout,
                Credential = Repository,
            };
            WriteObject(Run(path, (observer, stop) => RepositoryRepairer.RebuildIndex(request, observer, stop)).ToOutput());
        }
    }
}
