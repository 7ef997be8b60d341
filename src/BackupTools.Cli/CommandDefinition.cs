using System.CommandLine;
using BackupTools.Cli.Commands;

namespace BackupTools.Cli;

/// <summary>Runs a command with what was parsed for it.</summary>
internal delegate ExitCode CommandRun(ParseResult arguments, ItemRun run);

/// <summary>A command by name; its options are made when it is called.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Define">Adds arguments and options, and returns what runs it.</param>
internal sealed record CommandDefinition(string Name, string Description, Func<Command, CommandRun> Define)
{
    /// <summary>All commands.</summary>
    public static readonly CommandDefinition[] All =
    [
        new("init", "Make a repository: a store that is deduplicated, compressed and encrypted.", InitCommand.Define),
        new("new", "Take a snapshot of each source: a SQLite database, or a directory.", NewCommand.Define),
        new("restore", "Bring a snapshot back; what stands at the target is moved aside and kept.", RestoreCommand.Define),
        new("list", "List the snapshots of each store.", ListCommand.Define),
        new("verify", "Verify each snapshot, or all of a store.", VerifyCommand.Define),
        new("prune", "Remove the snapshots of a store that no rule keeps, in each series by itself.", PruneCommand.Define),
        new("repair", "Make a repository's index anew from its packs, where it is damaged or missing.", RepairCommand.Define),
    ];
}
