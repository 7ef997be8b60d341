using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BackupTools.Completion;

/// <summary>What completers read from the command line so far, and how they write their results.</summary>
internal static class CompletionArguments
{
    /// <summary>The store where the command line names none.</summary>
    public static string DefaultStore => Path.Join(PowerShellPaths.CurrentFileSystemLocation.ProviderPath, "backups");

    // The runspace is busy completing, so that it has to be asked from within.
    private static PathIntrinsics PowerShellPaths
    {
        get
        {
            using PowerShell inside = PowerShell.Create(RunspaceMode.CurrentRunspace);
            return (PathIntrinsics)inside.AddScript("$ExecutionContext.SessionState.Path").Invoke()[0].BaseObject;
        }
    }

    /// <summary>The paths that parameters have been given, as the file system has them; wildcards are not resolved.</summary>
    public static List<string> Paths(IDictionary parameters, params string[] names)
    {
        PathIntrinsics paths = PowerShellPaths;
        return [.. names.SelectMany(name => Texts(parameters[name])).Select(paths.GetUnresolvedProviderPathFromPSPath)];
    }

    /// <summary>The values that begin with what was typed, each once, in order, quoted where they need it.</summary>
    public static List<CompletionResult> Results(string wordToComplete, IEnumerable<string> values)
    {
        string word = Unquote(wordToComplete);
        return [.. values
            .Where(value => value.Length > 0 && value.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(value => new CompletionResult(Quote(value), value, CompletionResultType.ParameterValue, value))];
    }

    /// <summary>What was typed, without its opening quote.</summary>
    public static string Unquote(string wordToComplete) => wordToComplete.Trim('\'', '"');

    private static string Quote(string value) =>
        value.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':') && !value.StartsWith('-')
            ? value
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(value)}'";

    private static IEnumerable<string> Texts(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string { Length: > 0 } text => [text],
        IEnumerable many and not string => many.Cast<object>().SelectMany(Texts),
        _ => [],
    };
}
