using System.Text.Json;

namespace BackupTools.Core.Snapshots;

/// <summary>Manifests as JSON for whoever prints them.</summary>
public static class ManifestText
{
    /// <summary>Writes a manifest's properties into an object that the caller has begun and will end.</summary>
    /// <param name="json">The writer, inside an object.</param>
    /// <param name="manifest">The manifest.</param>
    public static void WriteProperties(Utf8JsonWriter json, SnapshotManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(json);
        JsonElement element = JsonSerializer.SerializeToElement(manifest, ManifestJson.Default.SnapshotManifest);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            property.WriteTo(json);
        }
    }
}
