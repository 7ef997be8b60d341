using System.Management.Automation;
using BackupTools.Core.Stores;
using BackupTools.Output;

namespace BackupTools.Commands;

/// <summary>Makes a repository: a store that is deduplicated, compressed and encrypted.</summary>
[Cmdlet(VerbsData.Initialize, "SnapshotRepository", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PathSet)]
[OutputType(typeof(SnapshotRepository))]
public sealed class InitializeSnapshotRepositoryCommand : BackupCommand
{
    /// <summary>Directories that are empty or do not exist yet, taken as they stand: there is nothing to match.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    private protected override bool IsPasswordNew => true;

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForEachPath(null, Path, null, Initialize);

    private void Initialize(string path)
    {
        if (ShouldProcess($"Making a repository in '{path}'.", $"Make a repository in '{path}'?", null))
        {
            InitializeRequest request = new() { Path = path, Credential = Repository };
            WriteObject(Run(path, (observer, stop) => RepositoryInitializer.Create(request, observer, stop)).ToOutput());
        }
    }
}
