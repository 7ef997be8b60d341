using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BackupTools.Completion;

/// <summary>Completes sections: the directories below the source, level by level.</summary>
public sealed class SectionCompleter : IArgumentCompleter
{
    private const int MostDirectories = 500;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            string word = CompletionArguments.Unquote(wordToComplete);
            string above = word[..(word.LastIndexOf('/') + 1)];
            return CompletionArguments.Results(
                wordToComplete,
                CompletionArguments.Paths(fakeBoundParameters, "Path", "LiteralPath")
                    .Select(source => new DirectoryInfo(Path.Join(source, above)))
                    .Where(directory => directory.Exists)
                    .SelectMany(directory => directory.EnumerateDirectories())
                    .Take(MostDirectories)
                    .Select(directory => above + directory.Name));
        }
        catch (Exception)
        {
            return [];
        }
    }
}
