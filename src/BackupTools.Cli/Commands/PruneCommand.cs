using System.CommandLine;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Cli.Commands;

/// <summary><c>backuptools prune</c>.</summary>
internal static class PruneCommand
{
    public static CommandRun Define(Command command)
    {
        Parameters parameters = new(command);
        Argument<string> store = parameters.Path("STORE", "The store.");
        Func<ParseResult, SnapshotFilter> series = parameters.Series();
        Func<ParseResult, int?> last = parameters.Count("--keep-last", "Keep the newest so many.");
        Func<ParseResult, int?> hourly = parameters.Count(
            "--keep-hourly",
            "Keep the newest of each of so many hours that have snapshots.");
        Func<ParseResult, int?> daily = parameters.Count("--keep-daily", "The same for days.");
        Func<ParseResult, int?> weekly = parameters.Count("--keep-weekly", "The same for weeks.");
        Func<ParseResult, int?> monthly = parameters.Count("--keep-monthly", "The same for months.");
        Func<ParseResult, int?> yearly = parameters.Count("--keep-yearly", "The same for years.");
        Func<ParseResult, CalendarDuration?> within = parameters.Calendar(
            "--keep-within",
            "Keep all taken within this time before the newest, such as 1y2m10d4h; m is months.");
        Option<string[]> tags = parameters.Texts("--keep-tag", "TAG", "Keep all that carry this tag.");
        SwitchOption dryRun = parameters.Switch("--dry-run", "Tell what would be removed, and remove nothing.");
        Func<ParseResult, ItemRun, RepositoryCredential> password = parameters.Password();
        return (arguments, run) =>
        {
            using RepositoryCredential credential = password(arguments, run);
            return run.Run(arguments.GetValue(store)!, cancellation =>
            {
                PruneRequest request = new()
                {
                    Store = arguments.GetValue(store)!,
                    Filter = series(arguments),
                    Policy = new RetentionPolicy
                    {
                        Last = last(arguments),
                        Hourly = hourly(arguments),
                        Daily = daily(arguments),
                        Weekly = weekly(arguments),
                        Monthly = monthly(arguments),
                        Yearly = yearly(arguments),
                        Within = within(arguments),
                        Tags = arguments.GetValue(tags) ?? [],
                    },
                    Credential = credential,
                };
                bool isPlan = dryRun.IsGiven(arguments);
                PrunePlan plan = SnapshotPruner.Plan(request, run.Output, cancellation);
                IReadOnlyList<RetentionDecision> decisions = isPlan ? plan.Decisions : SnapshotPruner.Run(plan, run.Output, cancellation);
                Results.Write(run.Output, decisions, isPlan);
                return ExitCode.Done;
            });
        };
    }
}
