using System.CommandLine;
using BackupTools.Core.Stores;

namespace BackupTools.Cli.Commands;

/// <summary><c>backuptools repair</c>.</summary>
internal static class RepairCommand
{
    public static CommandRun Define(Command command)
    {
        Parameters parameters = new(command);
        Argument<string> repository = parameters.Path("REPO", "The repository.");
        Func<ParseResult, TimeSpan> lockTimeout = parameters.LockTimeout();
        Func<ParseResult, ItemRun, RepositoryCredential> password = parameters.Password();
        return (arguments, run) =>
        {
            using RepositoryCredential credential = password(arguments, run);
            return run.Run(arguments.GetValue(repository)!, cancellation =>
            {
                RepairRequest request = new()
                {
                    Store = arguments.GetValue(repository)!,
                    LockTimeout = lockTimeout(arguments),
                    Credential = credential,
                };
                RepairedRepository repaired = RepositoryRepairer.RebuildIndex(request, run.Output, cancellation);
                Results.Write(run.Output, repaired);
                return repaired.Problems.Count > 0 ? ExitCode.Corrupt : ExitCode.Done;
            });
        };
    }
}
