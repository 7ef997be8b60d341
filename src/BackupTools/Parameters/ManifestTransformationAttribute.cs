using System.Collections;
using System.Management.Automation;

namespace BackupTools;

/// <summary>
/// Takes manifests as they are, and what is left of them after a job, a remote session or <c>Import-Clixml</c>: objects
/// with the same properties.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ManifestTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return input is IList list and not byte[]
            ? list.Cast<object>().Select(Read).ToArray()
            : new[] { Read(inputData) };
    }

    private static SnapshotManifest Read(object input)
    {
        PSObject wrapped = PSObject.AsPSObject(input);
        if (wrapped.BaseObject is SnapshotManifest manifest)
        {
            return manifest;
        }

        // A deserialized object has all of these; a file or a text has none.
        string? id = Text(wrapped, nameof(SnapshotManifest.Id));
        string? manifestPath = Text(wrapped, nameof(SnapshotManifest.ManifestPath));
        string? snapshotPath = Text(wrapped, nameof(SnapshotManifest.SnapshotPath));
        if (id is null || manifestPath is null || snapshotPath is null)
        {
            // With this inside, the binder goes on to the other parameter sets.
            const string message = "A snapshot's manifest is expected, as New-Snapshot and Get-SnapshotManifest emit it.";
            throw new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message, null));
        }

        return new SnapshotManifest { Id = id, ManifestPath = manifestPath, SnapshotPath = snapshotPath };
    }

    private static string? Text(PSObject input, string property) => input.Properties[property]?.Value as string;
}
