using System.CommandLine;
using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Cli.Commands;

/// <summary><c>backuptools restore</c>.</summary>
internal static class RestoreCommand
{
    public static CommandRun Define(Command command)
    {
        Parameters parameters = new(command);
        Argument<string> snapshot = parameters.Path(
            "SNAPSHOT",
            "A payload, a manifest, REPO/snapshots/ID, or a store: then the newest complete snapshot of its only series.");
        Option<string?> to = parameters.Text(
            "--to", "TARGET",
            "Where the database or the directory shall stand.", isRequired: true);
        Func<ParseResult, DateTime?> asOf = parameters.Time(
            "--as-of",
            "With a store: the newest snapshot at or before this time; without a zone it is local.");
        Option<string[]> include = parameters.Texts(
            "--include", "GLOB",
            "Restore only what fits this pattern, as in .gitignore.");
        SwitchOption skipVerify = parameters.Switch(
            "--skip-verify",
            "Restore a payload that has no manifest, or whose hash does not fit.");
        SwitchOption overlay = parameters.Switch(
            "--overlay",
            "Write over a standing tree, leave what the snapshot does not have.");
        SwitchOption force = parameters.Switch("--force", "Replace a database although another process holds it open.");
        SwitchOption dryRun = parameters.Switch("--dry-run", "Tell what would be done, and do nothing.");
        Func<ParseResult, SnapshotFilter> series = parameters.Series();
        Func<ParseResult, ItemRun, RepositoryCredential> password = parameters.Password();
        return (arguments, run) =>
        {
            using RepositoryCredential credential = password(arguments, run);
            return run.Run(arguments.GetValue(snapshot)!, cancellation =>
            {
                RestoreRequest request = new()
                {
                    Snapshot = arguments.GetValue(snapshot)!,
                    Target = arguments.GetValue(to)!,
                    AsOf = asOf(arguments),
                    Filter = series(arguments),
                    Include = arguments.GetValue(include) ?? [],
                    SkipVerify = skipVerify.IsGiven(arguments),
                    Overlay = overlay.IsGiven(arguments),
                    Force = force.IsGiven(arguments),
                    Credential = credential,
                };
                RestorePlan plan = SnapshotRestorer.Plan(request, run.Output, cancellation);
                if (dryRun.IsGiven(arguments))
                {
                    Results.Write(run.Output, plan);
                    return ExitCode.Done;
                }

                RestoreResult restored = SnapshotRestorer.Run(plan, run.Output, cancellation);
                Results.Write(run.Output, restored);
                return ExitCodes.Of(restored);
            });
        };
    }
}
