using System.CommandLine;
using BackupTools.Core.Stores;
using BackupTools.Core.Verification;

namespace BackupTools.Cli.Commands;

/// <summary><c>backuptools verify</c>.</summary>
internal static class VerifyCommand
{
    public static CommandRun Define(Command command)
    {
        Parameters parameters = new(command);
        Argument<string[]> snapshots = parameters.Paths(
            "SNAPSHOT",
            "A payload, a manifest, REPO/snapshots/ID, or a store: then all its snapshots.");
        Func<ParseResult, VerifyLevel?> level = parameters.Choice(
            "--level",
            "How thoroughly: the manifest's own sense, every byte, or a restore into a scratch place. [default: hash]",
            VerifyLevel.Manifest,
            VerifyLevel.Hash,
            VerifyLevel.Rehearse);
        Option<string?> scratch = parameters.Text(
            "--scratch", "DIR",
            "Where to rehearse. [default: the system's place for temporary files]");
        Func<ParseResult, ItemRun, RepositoryCredential> password = parameters.Password();
        return (arguments, run) =>
        {
            using RepositoryCredential credential = password(arguments, run);
            return run.ForEach(arguments.GetValue(snapshots)!, (snapshot, cancellation) =>
            {
                VerifyRequest request = new()
                {
                    Snapshot = snapshot,
                    Level = level(arguments) ?? VerifyLevel.Hash,
                    Scratch = arguments.GetValue(scratch),
                    Credential = credential,
                };
                ExitCode worst = ExitCode.Done;
                foreach (VerifyResult result in SnapshotVerifier.Verify(request, run.Output, cancellation))
                {
                    Results.Write(run.Output, result);
                    worst = ExitCodes.Worst(worst, ExitCodes.Of(result.Result));
                }

                return worst;
            });
        };
    }
}
