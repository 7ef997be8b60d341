using System.CommandLine;
using BackupTools.Core;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Cli.Commands;

/// <summary><c>backuptools list</c>.</summary>
internal static class ListCommand
{
    public static CommandRun Define(Command command)
    {
        Parameters parameters = new(command);
        Argument<string[]> stores = parameters.Paths("STORE", "A store; a snapshot's payload, manifest or path in a repository means that one.");
        Func<ParseResult, SnapshotFilter> series = parameters.Series();
        Func<ParseResult, DateTime?> since = parameters.Time(
            "--since",
            "Only snapshots taken at or after this time; without a zone it is local.");
        Func<ParseResult, DateTime?> before = parameters.Time("--before", "Only snapshots taken before this time.");
        Option<string[]> tags = parameters.Texts(
            "--tag", "TAG",
            "Only snapshots with this tag; several must all be there.");
        Func<ParseResult, int?> latest = parameters.Count("--latest", "Only the newest so many of each series.");
        Func<ParseResult, ItemRun, RepositoryCredential> password = parameters.Password();
        return (arguments, run) =>
        {
            using RepositoryCredential credential = password(arguments, run);
            List<string[]> table = [];
            ExitCode outcome = run.ForEach(arguments.GetValue(stores)!, (store, cancellation) =>
            {
                ListRequest request = new()
                {
                    Path = store,
                    Filter = series(arguments) with
                    {
                        Since = since(arguments),
                        Before = before(arguments),
                        Tags = arguments.GetValue(tags) ?? [],
                    },
                    Latest = latest(arguments),
                    Credential = credential,
                };
                foreach (StoredSnapshot snapshot in SnapshotLister.Enumerate(request, run.Output, cancellation))
                {
                    if (run.Output.Json)
                    {
                        Results.WriteListed(run.Output, snapshot);
                    }
                    else
                    {
                        table.Add(ResultText.Row(snapshot));
                    }

                    if (snapshot.Damage is string damage)
                    {
                        string path = snapshot.ManifestPath.Length > 0 ? snapshot.ManifestPath : snapshot.SnapshotPath;
                        run.Output.OnNotice(new Notice(NoticeLevel.Warning, damage, path));
                    }
                }

                return ExitCode.Done;
            });

            // One table for all stores, so that its columns fit them all.
            if (table.Count > 0)
            {
                run.Output.WriteText(ResultText.Table(table));
            }

            return outcome;
        };
    }
}
