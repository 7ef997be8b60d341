using System.Text.Json;

namespace BackupTools.Cli;

/// <summary>
/// Has a second core load JSON, which nearly every command comes to, while the first still reads the command line: of
/// commands that take milliseconds this is a good part.
/// </summary>
internal static class WarmStart
{
    public static void Begin()
    {
        if (Environment.ProcessorCount > 1)
        {
            new Thread(Load) { IsBackground = true }.Start();
        }
    }

    private static void Load()
    {
        using JsonDocument document = JsonDocument.Parse("""{ "text": "a text of some length, without escapes", "numbers": [1, 2.5] }""");
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            _ = property.Name.Length + (property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()!.Length : 0);
        }
    }
}
