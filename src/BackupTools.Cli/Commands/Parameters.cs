using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Cli.Commands;

/// <summary>The kinds of arguments and options that the commands are made of, added to one command.</summary>
/// <remarks>
/// To System.CommandLine all of them are strings: its generic classes over value types would have to be compiled at
/// each start, which takes as long as listing a store.
/// </remarks>
internal sealed class Parameters(Command command)
{
    // As restic names them.
    private static readonly string[] s_remote = ["azure", "b2", "gs", "rclone", "rest", "s3", "sftp", "swift"];

    /// <summary>One path, required.</summary>
    public Argument<string> Path(string name, string description)
    {
        Argument<string> argument = new(name) { Description = description, Arity = ArgumentArity.ExactlyOne };
        argument.Validators.Add(result => RefuseEmpty(result, name));
        command.Arguments.Add(argument);
        return argument;
    }

    /// <summary>Paths, at least one.</summary>
    public Argument<string[]> Paths(string name, string description)
    {
        Argument<string[]> argument = new(name) { Description = description, Arity = ArgumentArity.OneOrMore };
        argument.Validators.Add(result => RefuseEmpty(result, name));
        command.Arguments.Add(argument);
        return argument;
    }

    /// <summary>An option that stands or does not.</summary>
    public SwitchOption Switch(string name, string description)
    {
        SwitchOption option = new(name, description);
        command.Options.Add(option.Option);
        return option;
    }

    /// <summary>An option with a text.</summary>
    public Option<string?> Text(string name, string valueName, string description, bool isRequired = false)
    {
        Option<string?> option = new(name)
        {
            Description = description,
            HelpName = valueName,
            Arity = ArgumentArity.ExactlyOne,
            Required = isRequired,
        };
        option.Validators.Add(result => RefuseEmpty(result, name));
        command.Options.Add(option);
        return option;
    }

    /// <summary>An option that may be given several times.</summary>
    public Option<string[]> Texts(string name, string valueName, string description)
    {
        Option<string[]> option = new(name)
        {
            Description = description,
            HelpName = valueName,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        option.Validators.Add(result => RefuseEmpty(result, name));
        command.Options.Add(option);
        return option;
    }

    /// <summary>An option with a number, zero or more.</summary>
    public Func<ParseResult, int?> Count(string name, string description)
    {
        Option<string?> option = Value(
            name, "N", description, text => ReadCount(text) is null ? $"'{text}' is not a whole number, zero or more." : null);
        return arguments => ReadCount(arguments.GetValue(option));
    }

    /// <summary>An option with a time.</summary>
    public Func<ParseResult, DateTime?> Time(string name, string description)
    {
        Option<string?> option = Value(name, "TIME", description, text => TimeText.TryParse(text, out _)
            ? null
            : $"'{text}' is not a time such as 2026-11-21, '2026-11-21 14:30' or 2026-11-21T13:30:00Z.");
        return arguments =>
            arguments.GetValue(option) is string text && TimeText.TryParse(text, out DateTime time) ? time : null;
    }

    /// <summary>An option with a span of time.</summary>
    public Func<ParseResult, TimeSpan?> Duration(string name, string description)
    {
        Option<string?> option = Value(name, "DURATION", description, text =>
            DurationText.TryParse(text, out _) ? null : $"'{text}' is not a time with its unit, such as 30s, 5min or 2h.");
        return arguments =>
            DurationText.TryParse(arguments.GetValue(option), out TimeSpan duration) ? duration : null;
    }

    /// <summary>The option that says how long to wait for others.</summary>
    public Func<ParseResult, TimeSpan> LockTimeout()
    {
        Func<ParseResult, TimeSpan?> given = Duration(
            "--lock-timeout", "How long to wait for the store's lock, such as 30s or 5min. [default: 60s]");
        return arguments => given(arguments) ?? NewSnapshotRequest.DefaultLockTimeout;
    }

    /// <summary>An option with a span of calendar time.</summary>
    public Func<ParseResult, CalendarDuration?> Calendar(string name, string description)
    {
        Option<string?> option = Value(name, "DURATION", description, text =>
            CalendarDuration.TryParse(text, out _) ? null : $"'{text}' is not a time such as 1y2m10d4h; m is months.");
        return arguments =>
            CalendarDuration.TryParse(arguments.GetValue(option), out CalendarDuration duration) ? duration : null;
    }

    /// <summary>An option whose values are an enumeration's names in lower case.</summary>
    public Func<ParseResult, T?> Choice<T>(string name, string description, params T[] values)
        where T : struct, Enum
    {
        string[] words = [.. values.Select(value => Results.Word(value))];
        string choice = string.Join('|', words);
        Option<string?> option = Value(
            name, choice, description, text => words.Contains(text) ? null : $"'{text}' is not one of {choice}.");
        return arguments => arguments.GetValue(option) is string text ? values[Array.IndexOf(words, text)] : null;
    }

    /// <summary>The options that say which series is meant.</summary>
    public Func<ParseResult, SnapshotFilter> Series()
    {
        Option<string?> name = Text("--name", "NAME", "Only snapshots of this name.");
        Option<string?> source = Text("--source", "PATH", "Only snapshots of this source.");
        Option<string?> host = Text("--host", "HOST", "Only snapshots of this host.");
        return arguments => new SnapshotFilter
        {
            Name = arguments.GetValue(name),
            Source = arguments.GetValue(source),
            Host = arguments.GetValue(host),
        };
    }

    /// <summary>
    /// The options that say where the password of a repository comes from. There is none for the password itself: command
    /// lines are seen by others, and kept.
    /// </summary>
    /// <param name="isNew">Whether the password is going to be that of a new repository.</param>
    public Func<ParseResult, ItemRun, RepositoryCredential> Password(bool isNew = false)
    {
        Option<string?> file = Text("--password-file", "FILE", "The file that holds the repository's password.");
        Option<string?> program = Text(
            "--password-command", "COMMAND",
            "The program, with arguments, that writes the repository's password to its standard output.");
        command.Validators.Add(result =>
        {
            if (result.GetResult(file) is not null && result.GetResult(program) is not null)
            {
                result.AddError("--password-file and --password-command cannot both be given.");
            }
        });
        return (arguments, run) => new RepositoryCredential
        {
            PasswordFile = arguments.GetValue(file),
            PasswordCommand = arguments.GetValue(program),
            Prompt = repository => run.Prompt.Ask($"Password of the repository '{repository}': "),
            Confirm = isNew ? _ => run.Prompt.Ask("The same once more: ") : null,
        };
    }

    /// <summary>
    /// A place on another machine, as restic and others take it, would otherwise become a directory of that name here, and
    /// nobody would notice before it is needed.
    /// </summary>
    public static void RefuseRemote(SymbolResult result)
    {
        foreach (Token token in result.Tokens)
        {
            int colon = token.Value.IndexOf(':', StringComparison.Ordinal);
            if (colon > 1 && (s_remote.Contains(token.Value[..colon])
                || (token.Value[..colon].All(char.IsAsciiLetterOrDigit) && token.Value[colon..].StartsWith("://", StringComparison.Ordinal))))
            {
                result.AddError(
                    $"'{token.Value}' is no place in a file system, and others are not spoken to. Put './' before the name of a directory.");
            }
        }
    }

    private static int? ReadCount(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : null;

    private static void RefuseEmpty(SymbolResult result, string name)
    {
        foreach (Token token in result.Tokens)
        {
            if (token.Value.Length == 0)
            {
                result.AddError($"{name}: the value is empty.");
            }
        }
    }

    private Option<string?> Value(string name, string valueName, string description, Func<string, string?> refusal)
    {
        Option<string?> option = Text(name, valueName, description);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && refusal(result.Tokens[0].Value) is string reason)
            {
                result.AddError($"{name}: {reason}");
            }
        });
        return option;
    }
}

/// <summary>An option that stands or does not.</summary>
internal sealed class SwitchOption(string name, string description)
{
    public Option<string?> Option { get; } = new(name) { Description = description, Arity = ArgumentArity.Zero };

    public bool IsGiven(ParseResult arguments) => arguments.GetResult(Option) is { Implicit: false };
}
