using System.Text;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// A <c>file:</c> URI as SQLite reads it (https://sqlite.org/uri.html), with every byte that could mean something
/// escaped: paths hold quotes, <c>?</c>, <c>#</c>, <c>%</c> and bytes that are no UTF-8.
/// </summary>
internal readonly struct DatabaseUri
{
    private DatabaseUri(byte[] terminated) => Terminated = terminated;

    /// <summary>The URI with the NUL that SQLite wants.</summary>
    public byte[] Terminated { get; }

    /// <summary>The URI for a statement; it is ASCII.</summary>
    public string Text => Encoding.ASCII.GetString(Terminated.AsSpan(..^1));

    public static DatabaseUri Create(string fullPath, string parameters) =>
        Create(Encoding.UTF8.GetBytes(fullPath), parameters);

    /// <summary>Builds the URI.</summary>
    /// <param name="fullPath">Full path of the file, as the system keeps it.</param>
    /// <param name="parameters">Query parameters, such as <c>mode=ro</c>.</param>
    public static DatabaseUri Create(ReadOnlySpan<byte> fullPath, string parameters)
    {
        MemoryStream uri = new();
        uri.Write(OperatingSystem.IsWindows() ? "file:///"u8 : "file:"u8);
        foreach (byte b in fullPath)
        {
            if (OperatingSystem.IsWindows() && b == (byte)'\\')
            {
                uri.WriteByte((byte)'/');
            }
            else if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'/' or (byte)'-' or (byte)'_' or (byte)'.'
                || (OperatingSystem.IsWindows() && b == (byte)':'))
            {
                uri.WriteByte(b);
            }
            else
            {
                uri.Write(Encoding.ASCII.GetBytes($"%{b:X2}"));
            }
        }

        uri.Write(Encoding.ASCII.GetBytes("?" + parameters + "\0"));
        return new DatabaseUri(uri.ToArray());
    }
}
