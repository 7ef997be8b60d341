using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using BackupTools.Cli.Commands;

namespace BackupTools.Cli;

/// <summary>The program's command line: finds the command, parses what it is given and runs it.</summary>
internal static class CommandLine
{
    private static readonly SwitchOption s_json = new(
        "--json",
        "Write results as JSON, one object a line, and nothing else to standard output.");

    private static readonly SwitchOption s_verbose = new(
        "--verbose",
        "Tell decisions as well: which capture, why retried, what was removed.");

    /// <summary>Runs the program.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, CancellationToken cancellation)
    {
        TextWriter results = Output.OpenStandard(standardError: false);
        TextWriter messages = Output.OpenStandard(standardError: true);
        try
        {
            return Run(args, results, messages, cancellation);
        }
        catch (Exception e)
        {
            // Outside of all items: above all a standard output that cannot be written, such as a file on a full disk.
            new Output(results, messages, json: false, verbose: false).WriteFailure(e, path: null);
            return (int)ExitCode.Failed;
        }
    }

    private static int Run(string[] args, TextWriter results, TextWriter messages, CancellationToken cancellation)
    {
        ParseResult parsed = Parse(args, (command, run) => command.SetAction(result =>
        {
            Output output = new(results, messages, s_json.IsGiven(result), s_verbose.IsGiven(result));
            return (int)run(result, new ItemRun(output, cancellation));
        }));
        if (parsed.Action is not { ClearsParseErrors: true }
            && (UnreadableNames.Find(args) is { } unreadable ? [unreadable] : Errors(args, parsed)) is { Count: > 0 } errors)
        {
            return (int)RefuseArguments(parsed.CommandResult.Command, errors, messages);
        }

        InvocationConfiguration configuration = new()
        {
            Output = results,
            Error = messages,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        int exitCode = parsed.Invoke(configuration);
        results.Flush();
        return exitCode;
    }

    private static ParseResult Parse(string[] args, Action<Command, CommandRun> connect)
    {
        // A plain command: a RootCommand looks into the running program for its name, and the defaults of its options
        // would take "/h" for a call for help where it may be a path.
        Command root = new("backuptools", "Verified snapshots of live SQLite databases and of directories that hold them.");

        // These two look up descriptions in resources, which takes longer than most commands take to parse.
        if (args is [] || Array.Exists(args, static argument => argument.StartsWith('-')))
        {
            root.Options.Add(new HelpOption("--help", "-h") { Description = "Show this help." });
            root.Options.Add(new VersionOption("--version") { Description = "Show the version." });
        }

        foreach (SwitchOption option in (SwitchOption[])[s_json, s_verbose])
        {
            option.Option.Recursive = true;
            root.Options.Add(option.Option);
        }

        foreach (CommandDefinition definition in CommandDefinition.All)
        {
            Command command = new(definition.Name, definition.Description);

            // Only the command that is called needs its options.
            if (args.Contains(definition.Name))
            {
                connect(command, definition.Define(command));
            }

            root.Subcommands.Add(command);
        }

        // A path that begins with an at sign is a path.
        ParserConfiguration configuration = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };
        return CommandLineParser.Parse(root, args, configuration);
    }

    /// <summary>What is wrong with the arguments; no more work than needed where nothing is.</summary>
    private static List<string> Errors(string[] args, ParseResult parsed)
    {
        List<string> errors = [];
        if (Array.Exists(args, argument => argument.StartsWith('-')))
        {
            AddSwitchesWithValues(errors, args, parsed);
            AddMissingValues(errors, args, parsed);
            AddUnknownOptions(errors, parsed);
        }

        foreach (string token in parsed.UnmatchedTokens)
        {
            errors.Add($"'{token}' is not understood.");
        }

        // What is not understood says more than what is therefore missing.
        if (errors.Count == 0)
        {
            foreach (ParseError error in parsed.Errors)
            {
                errors.Add(error.Message);
            }
        }

        return errors;
    }

    /// <summary>A switch takes no value; the value would otherwise count as one more path.</summary>
    private static void AddSwitchesWithValues(List<string> errors, string[] args, ParseResult parsed)
    {
        IList<Option> options = parsed.CommandResult.Command.Options;
        foreach (Option option in options.Union([s_json.Option, s_verbose.Option]))
        {
            if (option.Arity.MaximumNumberOfValues == 0
                && args.TakeWhile(argument => argument != "--").Any(argument => argument.StartsWith(option.Name, StringComparison.Ordinal)
                    && argument.Length > option.Name.Length
                    && (argument[option.Name.Length] is '=' or ':')))
            {
                errors.Add($"'{option.Name}' takes no value.");
            }
        }
    }

    /// <summary>
    /// An option whose value is missing would otherwise take the next option for it: <c>--keep-tag --dry-run</c> would
    /// remove snapshots.
    /// </summary>
    private static void AddMissingValues(List<string> errors, string[] args, ParseResult parsed)
    {
        List<Option> options = [.. parsed.CommandResult.Command.Options.Union([s_json.Option, s_verbose.Option])];
        Option? waiting = null;
        foreach (string argument in args.TakeWhile(argument => argument != "--"))
        {
            int sign = argument.IndexOfAny(['=', ':']);
            string name = sign < 0 ? argument : argument[..sign];
            Option? option = options.Find(option => option.Name == name || option.Aliases.Contains(name));
            if (waiting is not null && option is not null)
            {
                errors.Add($"'{waiting.Name}' lacks its value. Write '{waiting.Name}={argument}' where '{argument}' is meant to be it.");
            }

            bool takesValue = option?.Arity.MaximumNumberOfValues > 0;
            if (takesValue && sign == argument.Length - 1)
            {
                errors.Add($"{name}: the value is empty.");
            }

            waiting = takesValue && sign < 0 ? option : null;
        }
    }

    /// <summary>
    /// An option that the command does not know would otherwise count as one more path. After <c>--</c> all are paths.
    /// </summary>
    private static void AddUnknownOptions(List<string> errors, ParseResult parsed)
    {
        int literals = parsed.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Count() - 1;
        List<Token> paths = [.. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)];
        foreach (Token token in paths.Take(paths.Count - Math.Max(0, literals)))
        {
            if (token.Value.Length > 1 && token.Value[0] == '-')
            {
                errors.Add($"Unknown option '{token.Value}'. Put '--' or './' before a path that begins with a dash.");
            }
        }
    }

    private static ExitCode RefuseArguments(Command command, List<string> errors, TextWriter messages)
    {
        foreach (string error in errors)
        {
            messages.WriteLine($"error: {TerminalText.Escape(error)}");
        }

        string name = command.Parents.Any() ? $"backuptools {command.Name}" : command.Name;
        messages.WriteLine($"See '{name} --help'.");
        messages.Flush();
        return ExitCode.WrongArguments;
    }
}
