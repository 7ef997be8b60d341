using System.Text;
using System.Text.RegularExpressions;

namespace BackupTools.Reliability.Faults.Durability;

/// <summary>A call in a trace: it lies between two lines, because others may begin and end meanwhile.</summary>
/// <param name="Name">Which call.</param>
/// <param name="Arguments">Its arguments as strace writes them, apart.</param>
/// <param name="Begin">The line where it began.</param>
/// <param name="End">The line where it had ended.</param>
internal sealed record TracedCall(string Name, IReadOnlyList<string> Arguments, int Begin, int End)
{
    /// <summary>The path of a descriptor argument.</summary>
    public string? OfDescriptor(int argument)
    {
        string text = argument < Arguments.Count ? Arguments[argument] : string.Empty;
        int open = text.IndexOf('<', StringComparison.Ordinal);
        return open >= 0 && text.EndsWith('>') ? Trace.Unescape(text[(open + 1)..^1]) : null;
    }

    /// <summary>The path that a directory's descriptor and a text below it make; of the directory itself without a text.</summary>
    public string? OfPath(int directory, int text) => OfText(text) is { } below
        ? Path.GetFullPath(below, OfDescriptor(directory) ?? "/")
        : OfDescriptor(directory);

    /// <summary>A text argument.</summary>
    public string? OfText(int argument)
    {
        string text = argument < Arguments.Count ? Arguments[argument] : string.Empty;
        return text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? Trace.Unescape(text[1..^1]) : null;
    }
}

/// <summary>What strace saw of a run and all its threads: calls that succeeded, in the order in which they ended.</summary>
internal static partial class Trace
{
    private const string Wanted =
        "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile,splice,ftruncate,fallocate,fsync,fdatasync," +
        "syncfs,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,fchmod,fchmodat,chmod," +
        "utimensat,fsetxattr,setxattr,lsetxattr,fchown,fchownat,fstatfs";

    public static string? Obstacle { get; } = Tool.Runs("strace", "-V") ? null : "strace is not installed.";

    /// <summary>Runs backuptools under strace.</summary>
    /// <param name="place">Where.</param>
    /// <param name="arguments">The arguments of backuptools.</param>
    /// <param name="hasSyncFileSystem">Whether the file system may be one that syncfs is good for.</param>
    public static IReadOnlyList<TracedCall> Of(string place, IReadOnlyList<string> arguments, bool hasSyncFileSystem)
    {
        using TemporaryDirectory directory = new();
        string[] injection = hasSyncFileSystem ? [] : ["-e", "inject=fstatfs:error=ENOSYS"];
        Command.RunOther(
            place,
            "strace",
            ["-f", "-y", "-qq", "-s", "4096", "-o", directory["trace"], "-e", "signal=none", "-e", "trace=" + Wanted, .. injection, Command.BackupTools, .. arguments])
            .Expect(0);
        return Read(File.ReadLines(directory["trace"]));
    }

    /// <summary>Turns C's escapes back.</summary>
    public static string Unescape(string text)
    {
        List<byte> bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
                continue;
            }

            char next = text[++i];
            if (next is >= '0' and <= '7')
            {
                int length = 1;
                while (length < 3 && i + length < text.Length && text[i + length] is >= '0' and <= '7')
                {
                    length++;
                }

                bytes.Add(Convert.ToByte(text.Substring(i, length), 8));
                i += length - 1;
            }
            else
            {
                bytes.Add(next switch { 'n' => 10, 't' => 9, 'r' => 13, 'v' => 11, 'f' => 12, _ => (byte)next });
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static List<TracedCall> Read(IEnumerable<string> lines)
    {
        List<TracedCall> calls = [];
        Dictionary<string, (string Text, int Line)> unfinished = [];
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string thread = line.Split(' ')[0];
            string text = line[thread.Length..].TrimStart();
            int begin = number;
            if (text.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[thread] = (text[..^" <unfinished ...>".Length], number);
                continue;
            }

            if (Resumed().Match(text) is { Success: true } resumed)
            {
                Assert.True(unfinished.Remove(thread, out (string Text, int Line) first), $"a call was resumed that had not begun: {line}");
                text = first.Text + text[resumed.Length..];
                begin = first.Line;
            }

            if (Parse(text, begin, number) is { } call)
            {
                calls.Add(call);
            }
        }

        return calls;
    }

    // name(arguments) = result
    private static TracedCall? Parse(string text, int begin, int end)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        int close = text.LastIndexOf(" = ", StringComparison.Ordinal);
        if (open <= 0 || close < 0)
        {
            return null;
        }

        string result = text[(close + 3)..];
        string inside = text[(open + 1)..text.LastIndexOf(')', close)];
        List<string> arguments = Split(inside);
        string name = text[..open];
        if (result.StartsWith('-') || result.StartsWith('?'))
        {
            return null;
        }

        if (name is "openat" or "open" or "creat")
        {
            // What it opened: with its flags, the last but one argument is not needed any more.
            arguments.Add(result.Trim());
        }

        return new TracedCall(name, arguments, begin, end);
    }

    private static List<string> Split(string text)
    {
        List<string> parts = [];
        int depth = 0;
        int angle = 0;
        bool quoted = false;
        StringBuilder part = new();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted && c == '\\')
            {
                part.Append(c).Append(text[++i]);
                continue;
            }

            quoted ^= c == '"' && angle == 0;
            if (!quoted)
            {
                depth += c is '[' or '{' or '(' ? 1 : c is ']' or '}' or ')' ? -1 : 0;
                angle += c == '<' ? 1 : c == '>' && angle > 0 ? -1 : 0;
            }

            if (c == ',' && !quoted && depth == 0 && angle == 0)
            {
                parts.Add(part.ToString().Trim());
                part.Clear();
            }
            else
            {
                part.Append(c);
            }
        }

        parts.Add(part.ToString().Trim());
        return parts;
    }

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();
}
