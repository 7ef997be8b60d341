namespace BackupTools.Benchmarks;

/// <summary>Repositories, ours beside restic's: both encrypt, compress and deduplicate in the same format.</summary>
internal sealed class RepositoryCases(CommandRunner runner, string backupTools)
{
    public IEnumerable<Comparison> Of(Workbench bench) =>
        Of(bench, "files", b => b.SmallFiles, first: 0.8, second: 0.7)
            .Concat(Of(bench, "large files", b => b.LargeFiles, first: 0.8, second: 0.7))
            .Concat(Of(bench, "database", b => b.Database, first: 1.1, second: null));

    private IEnumerable<Comparison> Of(Workbench bench, string name, Func<Workbench, string> source, double first, double? second)
    {
        string path = source(bench);
        string ours = bench["ours"];
        string theirs = bench["theirs"];
        string[] restic = ["restic", "--quiet", "--repo", theirs, "--cache-dir", bench["cache"]];
        Contender takeOurs = new("backuptools new", [backupTools, "new", path, "--to", ours, "--keep", "0"]);
        Contender takeTheirs = new("restic backup", [.. restic, "backup", path]);
        void InitOurs() => runner.Run(backupTools, "init", ours);
        void InitTheirs() => runner.Run([.. restic, "init"]);
        yield return new Comparison(
            $"repository: first new, {name}",
            bench.Name,
            takeOurs with { Prepare = InitOurs, Leaves = [ours] },
            [takeTheirs with { Prepare = InitTheirs, Leaves = [theirs, bench["cache"]], Target = first }]);

        InitOurs();
        InitTheirs();
        runner.Run([.. takeOurs.Commands[0]]);
        runner.Run([.. takeTheirs.Commands[0]]);
        yield return new Comparison(
            $"repository: new again, {name}, nothing changed", bench.Name, takeOurs, [takeTheirs with { Target = second }])
        {
            Beyond = new Contender("restic cat config", [.. restic, "cat", "config"]),
        };
        yield return new Comparison(
            $"repository: restore, {name}",
            bench.Name,
            new Contender("backuptools restore", [backupTools, "restore", ours, "--to", bench["restored"]])
            {
                Leaves = [bench["restored"]],
            },
            [
                new Contender("restic restore", [.. restic, "restore", "latest", "--target", bench["copy"]])
                {
                    Leaves = [bench["copy"]],
                    Target = 0.7,
                },
            ]);
        yield return new Comparison(
            $"repository: verify every blob, {name}",
            bench.Name,
            new Contender("backuptools verify", [backupTools, "verify", ours, "--level", "hash"]),
            [new Contender("restic check --read-data", [.. restic, "check", "--read-data"]) { Target = 0.8 }]);
        foreach (string left in (string[])[ours, theirs, bench["cache"], path])
        {
            bench.Drop(left);
        }
    }
}
