using System.Globalization;
using System.Text.Json;
using BackupTools.Restic.Json;

namespace BackupTools.Restic;

/// <summary>What holds for a repository as a whole.</summary>
/// <param name="Version">The format's version: 1, or 2, which compresses.</param>
/// <param name="Id">The repository's own id, 64 hex digits.</param>
/// <param name="ChunkerPolynomial">Where files are cut depends on it.</param>
public sealed record RepositoryConfig(int Version, string Id, ulong ChunkerPolynomial)
{
    internal const int MaxVersion = 2;

    internal ReadOnlyMemory<byte> ToJson()
    {
        JsonText json = new();
        json.Raw("{\"version\":"u8).Number((ulong)Version).Raw(",\"id\":"u8).String(Id);
        json.Raw(",\"chunker_polynomial\":"u8).String(ChunkerPolynomial.ToString("x", CultureInfo.InvariantCulture));
        json.Raw("}"u8);
        return json.Written;
    }

    internal static RepositoryConfig Read(ReadOnlyMemory<byte> json, string location)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            int version = root.GetProperty("version").GetInt32();
            return version is >= 1 and <= MaxVersion
                ? new RepositoryConfig(
                    version,
                    root.GetProperty("id").GetString() ?? string.Empty,
                    ulong.Parse(
                        root.GetProperty("chunker_polynomial").GetString() ?? string.Empty,
                        NumberStyles.AllowHexSpecifier,
                        CultureInfo.InvariantCulture))
                : throw new RepositoryException(
                    RepositoryError.UnsupportedVersion,
                    $"The repository '{location}' has format version {version}; up to {MaxVersion} is known here. "
                    + "Nothing was changed. Use a newer version of this program.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or OverflowException)
        {
            throw new RepositoryDataException($"The config of the repository '{location}' cannot be read: {e.Message}", e);
        }
    }
}
