using System.CommandLine;
using BackupTools.Core.Stores;

namespace BackupTools.Cli.Commands;

/// <summary><c>backuptools init</c>.</summary>
internal static class InitCommand
{
    public static CommandRun Define(Command command)
    {
        Parameters parameters = new(command);
        Argument<string> repository = parameters.Path("REPO", "Where: a directory that is empty (lost+found aside) or does not exist yet.");
        repository.Validators.Add(Parameters.RefuseRemote);
        Func<ParseResult, ItemRun, RepositoryCredential> password = parameters.Password(isNew: true);
        return (arguments, run) =>
        {
            using RepositoryCredential credential = password(arguments, run);
            return run.Run(arguments.GetValue(repository)!, cancellation =>
            {
                InitializeRequest request = new() { Path = arguments.GetValue(repository)!, Credential = credential };
                Results.Write(run.Output, RepositoryInitializer.Create(request, run.Output, cancellation));
                return ExitCode.Done;
            });
        };
    }
}
