using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BackupTools.Core;

namespace BackupTools.Cli;

/// <summary>
/// Where everything that is told goes: results to standard output, a line or a JSON object each; progress, warnings
/// and errors to standard error.
/// </summary>
internal sealed class Output : IRunObserver
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();
    private readonly TextWriter _results;
    private readonly TextWriter _messages;
    private readonly ArrayBufferWriter<byte> _line = new(4096);
    private readonly bool _verbose;
    private readonly ProgressLine? _progress;
    private int _progressColumns;
    private bool _hasBlock;

    public Output(TextWriter results, TextWriter messages, bool json, bool verbose)
    {
        _results = results;
        _messages = messages;
        _verbose = verbose;
        _progress = Console.IsErrorRedirected ? null : new ProgressLine();
        Json = json;
    }

    /// <summary>Whether results are JSON.</summary>
    public bool Json { get; }

    /// <summary>A writer to a standard stream, in UTF-8 whatever the locale says.</summary>
    /// <param name="standardError">Standard error rather than standard output.</param>
    /// <returns>The writer; it has to be flushed.</returns>
    public static TextWriter OpenStandard(bool standardError)
    {
        // A Windows console has a code page of its own, which only its own writer knows.
        if (OperatingSystem.IsWindows() && !(standardError ? Console.IsErrorRedirected : Console.IsOutputRedirected))
        {
            return standardError ? Console.Error : Console.Out;
        }

        Stream stream = OperatingSystem.IsWindows()
            ? standardError ? Console.OpenStandardError() : Console.OpenStandardOutput()
            : new UnixStandardStream(standardError ? 2 : 1);
        return new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 4096);
    }

    /// <summary>Writes result lines for people; names in them have to be escaped already.</summary>
    public void WriteText(string lines)
    {
        lock (_gate)
        {
            EndItem();
            _results.WriteLine(lines);
            _results.Flush();
        }
    }

    /// <summary>Writes the lines of a result that has several, apart from the one before.</summary>
    public void WriteBlock(string lines)
    {
        WriteText(_hasBlock ? Environment.NewLine + lines : lines);
        _hasBlock = true;
    }

    /// <summary>Writes a result as one JSON object on a line.</summary>
    /// <param name="writeProperties">Writes what the object has.</param>
    public void WriteJson(Action<Utf8JsonWriter> writeProperties)
    {
        lock (_gate)
        {
            // One buffer for all: thousands of lines would leave as many behind, faster than they are collected.
            _line.ResetWrittenCount();
            using (Utf8JsonWriter json = new(_line, s_json))
            {
                json.WriteStartObject();
                writeProperties(json);
                json.WriteEndObject();
            }

            WriteText(Encoding.UTF8.GetString(_line.WrittenSpan));
        }
    }

    /// <summary>Tells why an item failed; where in the program it happened only to those who look for a mistake in it.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="path">What the item is about; an error's own path is more exact.</param>
    public void WriteFailure(Exception error, string? path)
    {
        switch (error)
        {
            case BackupException known:
                WriteError(known.Id.ToString(), known.Path ?? path, known.Message);
                break;
            case IOException or UnauthorizedAccessException:
                WriteError(nameof(ErrorId.InputOutput), path, error.Message);
                break;
            default:
                WriteError("Unexpected", path, $"Unexpected error ({error.GetType().Name}): {error.Message}");
                break;
        }

        if (Environment.GetEnvironmentVariable("BACKUPTOOLS_DEBUG") == "1")
        {
            WriteLines(error.ToString());
        }
    }

    /// <summary>Tells that an item failed.</summary>
    /// <param name="errorId">The stable identifier.</param>
    /// <param name="path">What it is about.</param>
    /// <param name="message">What to tell.</param>
    public void WriteError(string errorId, string? path, string message)
    {
        if (!Json)
        {
            WriteMessage("error", WithPath(message, path));
            return;
        }

        try
        {
            WriteJson(json =>
            {
                json.WriteString("status", "error");
                json.WriteString("error_id", errorId);
                json.WriteString("path", path);
                json.WriteString("message", message);
            });
        }
        catch (IOException)
        {
            WriteMessage("error", WithPath(message, path));
        }
    }

    /// <summary>Writes a message to standard error.</summary>
    /// <param name="prefix">What kind of message it is.</param>
    /// <param name="message">The text; it is escaped here.</param>
    public void WriteMessage(string prefix, string message) => WriteLines($"{prefix}: {TerminalText.Escape(message)}");

    /// <summary>Writes a question to standard error; the answer goes on its line.</summary>
    public void WriteQuestion(string question) => Tell(() =>
    {
        ClearProgress();
        _messages.Write(TerminalText.Escape(question));
    });

    /// <summary>Ends the line of a question.</summary>
    public void EndQuestion() => Tell(_messages.WriteLine);

    /// <inheritdoc/>
    public void OnNotice(Notice notice)
    {
        if (notice.Level == NoticeLevel.Warning)
        {
            WriteMessage("warning", WithPath(notice.Message, notice.Path));
        }
        else if (_verbose)
        {
            WriteMessage("note", WithPath(notice.Message, notice.Path));
        }
    }

    /// <inheritdoc/>
    public void OnProgress(ProgressReport report)
    {
        if (_progress is null)
        {
            return;
        }

        Tell(() =>
        {
            // The last column stays free: many terminals begin a new line when it is filled.
            string line = _progress.Render(report, Stopwatch.GetElapsedTime(0), TerminalColumns() - 1);
            _messages.Write('\r');
            _messages.Write(TerminalText.Pad(line, _progressColumns));
            _progressColumns = TerminalText.Width(line);
        });
    }

    /// <summary>Ends an item: no progress stays behind.</summary>
    public void EndItem() => Tell(ClearProgress);

    private static string WithPath(string message, string? path) =>
        string.IsNullOrEmpty(path) || message.Contains(path, StringComparison.Ordinal) ? message : $"{path}: {message}";

    private static int TerminalColumns()
    {
        const int Unknown = 80;
        try
        {
            return Console.WindowWidth is int width and > 0 ? width : Unknown;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return Unknown;
        }
    }

    /// <summary>Writes lines to standard error as they are.</summary>
    private void WriteLines(string lines) => Tell(() =>
    {
        ClearProgress();
        _messages.WriteLine(lines);
    });

    private void Tell(Action write)
    {
        lock (_gate)
        {
            try
            {
                write();
                _messages.Flush();
            }
            catch (IOException)
            {
                // Nobody listens; the run goes on, and the exit code tells.
            }
        }
    }

    private void ClearProgress()
    {
        if (_progressColumns > 0)
        {
            _messages.Write('\r');
            _messages.Write(new string(' ', _progressColumns));
            _messages.Write('\r');
            _progressColumns = 0;
        }
    }
}
