using System.CommandLine;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;

namespace BackupTools.Cli.Commands;

/// <summary><c>backuptools new</c>.</summary>
internal static class NewCommand
{
    public static CommandRun Define(Command command)
    {
        Parameters parameters = new(command);
        Argument<string[]> sources = parameters.Paths("SOURCE", "A SQLite database or a directory.");
        Option<string?> to = parameters.Text("--to", "DIR", "The store: a folder, made where missing, or a repository. [default: ./backups]");
        to.Validators.Add(Parameters.RefuseRemote);
        Func<ParseResult, int?> keep = parameters.Count(
            "--keep",
            "Afterwards keep so many complete snapshots of the series; tagged ones stay, 0 removes none. " +
            "[default: 48]");
        Option<string?> name = parameters.Text("--name", "NAME", "The series' name. [default: made from the source's]");
        Option<string?> host = parameters.Text("--host", "HOST", "The host to record. [default: this machine's name]");
        Option<string[]> sections = parameters.Texts(
            "--section", "PATH",
            "Count this directory of the source as a section. [default: those of the first level]");
        Option<string[]> exclude = parameters.Texts(
            "--exclude", "GLOB",
            "Leave out what fits this pattern, as in .gitignore.");
        Option<string[]> excludeFrom = parameters.Texts(
            "--exclude-from", "FILE",
            "Leave out what fits the patterns in this file, one a line.");
        SwitchOption excludeCaches = parameters.Switch(
            "--exclude-caches",
            "Leave out directories marked by a CACHEDIR.TAG.");
        Func<ParseResult, CaptureMethod?> capture = parameters.Choice(
            "--capture",
            "How databases are copied. [default: exact]", CaptureMethod.Exact, CaptureMethod.Vacuum);
        Func<ParseResult, CheckLevel?> check = parameters.Choice(
            "--check",
            "How the copies are checked. [default: quick]", CheckLevel.None, CheckLevel.Quick, CheckLevel.Full);
        Option<string[]> tags = parameters.Texts(
            "--tag", "TAG",
            "Record a tag; --keep never removes tagged snapshots.");
        Option<string?> comment = parameters.Text("--comment", "TEXT", "Record a comment.");
        Func<ParseResult, TimeSpan> lockTimeout = parameters.LockTimeout();
        Func<ParseResult, ItemRun, RepositoryCredential> password = parameters.Password();
        return (arguments, run) =>
        {
            using RepositoryCredential credential = password(arguments, run);
            return run.ForEach(arguments.GetValue(sources)!, (source, cancellation) =>
            {
                NewSnapshotRequest request = new()
                {
                    Source = source,
                    Store = arguments.GetValue(to) ?? Path.Join(".", "backups"),
                    Keep = keep(arguments),
                    Name = arguments.GetValue(name),
                    Host = arguments.GetValue(host),
                    Sections = arguments.GetValue(sections) ?? [],
                    Exclude = arguments.GetValue(exclude) ?? [],
                    ExcludeFrom = arguments.GetValue(excludeFrom) ?? [],
                    ExcludeCaches = excludeCaches.IsGiven(arguments),
                    Capture = capture(arguments) ?? CaptureMethod.Exact,
                    Check = check(arguments) ?? CheckLevel.Quick,
                    Tags = arguments.GetValue(tags) ?? [],
                    Comment = arguments.GetValue(comment),
                    LockTimeout = lockTimeout(arguments),
                    Credential = credential,
                };
                NewSnapshotResult result = SnapshotTaker.Take(request, run.Output, cancellation);
                Results.Write(run.Output, result);
                return ExitCodes.Of(result.Snapshot.Manifest);
            });
        };
    }
}
