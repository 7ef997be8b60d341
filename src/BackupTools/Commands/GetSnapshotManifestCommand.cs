using System.Management.Automation;
using BackupTools.Completion;
using BackupTools.Core.Snapshots;
using BackupTools.Output;

namespace BackupTools.Commands;

/// <summary>Lists snapshots.</summary>
[Cmdlet(VerbsCommon.Get, "SnapshotManifest", DefaultParameterSetName = PathSet)]
[OutputType(typeof(SnapshotManifest))]
public sealed class GetSnapshotManifestCommand : BackupCommand
{
    private readonly HashSet<string> _seen = [];

    /// <summary>Stores, payloads or manifests; wildcards are resolved.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>Stores, payloads or manifests, taken as they stand.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>The series' name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NameCompleter))]
    public string? Name { get; set; }

    /// <summary>The series' source.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SourceCompleter))]
    public string? Source { get; set; }

    /// <summary>The series' host.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    /// <summary>Taken at or after this time.</summary>
    [Parameter]
    [TimeTransformation]
    public DateTime? Since { get; set; }

    /// <summary>Taken before this time.</summary>
    [Parameter]
    [TimeTransformation]
    public DateTime? Before { get; set; }

    /// <summary>Tags, all of which the snapshot must carry.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] Tag { get; set; } = [];

    /// <summary>Only the newest so many of each series.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Latest { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Path is null && LiteralPath is null)
        {
            TryItem(() => List(DefaultStore));
        }
        else
        {
            ForEachPath(Path, LiteralPath, null, List);
        }
    }

    private void List(string path)
    {
        ListRequest request = new()
        {
            Path = path,
            Filter = new SnapshotFilter
            {
                Name = Name,
                Source = ResolveSource(Source),
                Host = HostName,
                Since = Since?.ToUniversalTime(),
                Before = Before?.ToUniversalTime(),
                Tags = Tag,
            },
            Latest = Latest,
            Credential = Repository,
        };
        foreach (StoredSnapshot snapshot in Run(path, (observer, stop) => SnapshotLister.List(request, observer, stop)))
        {
            // A payload, its manifest and its listing all stand for the one snapshot.
            SnapshotManifest manifest = snapshot.ToOutput();
            if (!_seen.Add(manifest.ToString()))
            {
                continue;
            }

            if (snapshot.Damage is { } damage)
            {
                WriteWarning($"{manifest}: {damage}");
            }

            WriteObject(manifest);
        }
    }
}
