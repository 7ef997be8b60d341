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
        Utf8JsonReader json = new("""{ "text": "a text of some length, without escapes", "numbers": [1, 12345678901], "yes": true }"""u8);
        long read = 0;
        while (json.Read())
        {
            read += json.TokenType switch
            {
                JsonTokenType.String or JsonTokenType.PropertyName => json.GetString()!.Length,
                JsonTokenType.Number => json.TryGetInt32(out int number) ? number : json.GetInt64(),
                JsonTokenType.True => json.GetBoolean() ? 1 : 0,
                _ => json.CurrentDepth,
            };
        }

        GC.KeepAlive(read);
    }
}
