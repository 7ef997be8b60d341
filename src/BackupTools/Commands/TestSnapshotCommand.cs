using System.Management.Automation;
using BackupTools.Core;
using BackupTools.Core.Verification;
using BackupTools.Output;

namespace BackupTools.Commands;

/// <summary>Tells whether snapshots are what they were, and can be restored.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Snapshot", DefaultParameterSetName = PathSet)]
[OutputType(typeof(SnapshotTestResult), typeof(bool))]
public sealed class TestSnapshotCommand : BackupCommand
{
    private bool _hasInput;
    private bool _isGood = true;

    /// <summary>Payloads, manifests or stores; wildcards are resolved.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Payloads, manifests or stores, taken as they stand.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "ManifestPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Snapshots, as New-Snapshot or Get-SnapshotManifest emitted them, here or in another session.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ManifestTransformation]
    [ValidateNotNullOrEmpty]
    public SnapshotManifest[] InputObject { get; set; } = [];

    /// <summary>How thoroughly.</summary>
    [Parameter]
    public TestLevel Level { get; set; } = TestLevel.Hash;

    /// <summary>Emits one truth value for all input: whether there was some, and all of it is good.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _hasInput = true;
        int failures = 0;
        ForEachPath(Path, LiteralPath, ErrorId.SnapshotNotFound, path => Test(path, null), ref failures);
        foreach (SnapshotManifest manifest in InputObject)
        {
            failures += TryItem(() => Test(manifest.ToString(), manifest.Id.Length > 0 ? manifest.Id : null)) ? 0 : 1;
        }

        _isGood &= failures == 0;
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!_hasInput)
        {
            WriteError(Errors.NothingGiven("no snapshot was tested", ErrorId.SnapshotNotFound));
        }

        if (Quiet)
        {
            WriteObject(_hasInput && _isGood);
        }
    }

    private void Test(string path, string? id)
    {
        VerifyRequest request = new()
        {
            Snapshot = path,
            Level = Enum.Parse<VerifyLevel>(Level.ToString()),
            ExpectedId = id,
            Credential = Repository,
        };

        // The results come one by one, so that the first is seen while the others are in work.
        using PipelineRun run = BeginRun(path);
        IEnumerator<VerifyResult>? results = null;
        bool hasResult = false;
        try
        {
            while (run.Execute((observer, stop) =>
                (results ??= SnapshotVerifier.Verify(request, observer, stop).GetEnumerator()).MoveNext()))
            {
                hasResult = true;
                SnapshotTestResult result = results!.Current.ToOutput();
                _isGood &= result.Result == nameof(VerifyOutcome.Ok);
                if (!Quiet)
                {
                    WriteObject(result);
                }
            }
        }
        finally
        {
            results?.Dispose();
        }

        _isGood &= hasResult;
    }
}
