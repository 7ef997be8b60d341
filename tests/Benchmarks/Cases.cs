namespace BackupTools.Benchmarks;

/// <summary>The comparisons, with what is to be reached in each (docs/benchmarks.md).</summary>
internal sealed class Cases(CommandRunner runner, Tools tools, string backupTools)
{
    private const string OnDisk = "disk";

    public IEnumerable<Comparison> Of(string work, Workbench bench) => work switch
    {
        "database" => Database(bench),
        "files" => Tree(bench, bench.SmallFiles, $"{Directory.EnumerateFiles(bench.SmallFiles, "*", SearchOption.AllDirectories).Count()} files", isSmall: true),
        "large-files" => Tree(bench, bench.LargeFiles, "large files", isSmall: false),
        _ => [],
    };

    /// <summary>Takes a snapshot into a new store.</summary>
    public Contender New(Workbench bench, string source) =>
        new("backuptools new", [backupTools, "new", source, "--to", bench["store"], "--keep", "0"]) { Leaves = [bench["store"]] };

    public Contender Restore(Workbench bench) =>
        new("backuptools restore", [backupTools, "restore", bench["kept"], "--to", bench["restored"]]) { Leaves = [bench["restored"]] };

    public Contender Verify(Workbench bench) =>
        new("backuptools verify", [backupTools, "verify", bench["kept"]]);

    /// <summary>Takes the snapshot that restores begin with.</summary>
    public void Keep(Workbench bench, string source)
    {
        bench.Drop(bench["kept"]);
        runner.Run(backupTools, "new", source, "--to", bench["kept"], "--keep", "0");
    }

    public Contender VacuumAndHash(Workbench bench, string database, params string[] hash) =>
        new("VACUUM INTO + " + string.Join(' ', hash),
            ["sqlite3", database, $"VACUUM INTO '{bench["copy.db"].Replace("'", "''", StringComparison.Ordinal)}'"],
            [.. hash, bench["copy.db"]])
        {
            Leaves = [bench["copy.db"]],
            Missing = tools.Missing("sqlite3", hash[0]),
        };

    public Comparison List(Workbench bench)
    {
        string store = bench["list"];
        for (int i = 0; i < 10; i++)
        {
            runner.Run(backupTools, "new", bench.SmallDatabase, "--to", store, "--keep", "0");
        }

        string empty = tools.PublishEmptyProgram(bench.Root);
        return new Comparison(
            "list 10 snapshots",
            bench.Name,
            new Contender("backuptools list", [backupTools, "list", store]),
            [new Contender("empty .NET program", [empty]) { Target = 2.0 }])
        {
            RoundsFactor = 12,
        };
    }

    private IEnumerable<Comparison> Database(Workbench bench)
    {
        bool isDisk = bench.Name == OnDisk;
        string database = bench.Database;
        yield return new Comparison(
            "new, database",
            bench.Name,
            New(bench, database),
            [
                VacuumAndHash(bench, database, "sha256sum") with { Target = isDisk ? 0.65 : null },
                VacuumAndHash(bench, database, "openssl", "dgst", "-sha256"),
                new Contender("sqlite3 .backup", ["sqlite3", database, $".backup '{bench["copy.db"]}'"])
                {
                    Leaves = [bench["copy.db"]],
                    Missing = tools.Missing("sqlite3"),
                    Target = isDisk ? 1.0 : null,
                },
            ]);
        Keep(bench, database);
        string payload = Directory.EnumerateFiles(bench["kept"], "*.db").Single();
        yield return new Comparison(
            "restore, database",
            bench.Name,
            Restore(bench),
            [
                new Contender("cp + sync -f", ["cp", payload, bench["copied.db"]], ["sync", "-f", bench["copied.db"]])
                {
                    Leaves = [bench["copied.db"]],
                    Target = isDisk ? 1.1 : null,
                },
            ]);
    }

    private IEnumerable<Comparison> Tree(Workbench bench, string source, string name, bool isSmall)
    {
        bool isDisk = bench.Name == OnDisk;
        string copy = bench["copy"];
        string repository = bench["repository"];
        string[] restic = ["restic", "--quiet", "--repo", repository, "--cache-dir", bench["cache"]];
        yield return new Comparison(
            $"new, {name}",
            bench.Name,
            New(bench, source),
            [
                new Contender("cp -a + sync -f", ["cp", "-a", source, copy], ["sync", "-f", bench.Root])
                {
                    Leaves = [copy],
                    Target = isSmall ? (isDisk ? 1.2 : 1.1) : isDisk ? 1.1 : null,
                },
                new Contender("rsync -a + sync -f", ["rsync", "-a", source + "/", copy], ["sync", "-f", bench.Root])
                {
                    Leaves = [copy],
                    Missing = tools.Missing("rsync"),
                },
                new Contender("restic backup (first)", [.. restic, "backup", source])
                {
                    Leaves = [repository, bench["cache"]],
                    Prepare = () => runner.Run([.. restic, "init"]),
                    Missing = tools.Missing("restic"),
                    Target = isSmall && !isDisk ? 0.5 : null,
                },
            ]);

        Keep(bench, source);
        string payload = Directory.EnumerateDirectories(bench["kept"]).Single();
        bool hasRestic = tools.Missing("restic") is null;
        if (hasRestic)
        {
            runner.Run([.. restic, "init"]);
            runner.Run([.. restic, "backup", source]);
        }

        yield return new Comparison(
            $"restore, {name}",
            bench.Name,
            Restore(bench),
            [
                // restic leaves what it restored to be written some time: on a disk that is half of the work.
                new Contender(
                    "restic restore + sync -f", [.. restic, "restore", "latest", "--target", copy], ["sync", "-f", bench.Root])
                {
                    Leaves = [copy],
                    Missing = tools.Missing("restic"),
                    Target = isSmall ? 0.8 : null,
                },
                new Contender("cp -a + sync -f", ["cp", "-a", payload, copy], ["sync", "-f", bench.Root])
                {
                    Leaves = [copy],
                    Target = isDisk ? 1.1 : null,
                },
            ]);
        bench.Drop(repository);
        bench.Drop(bench["cache"]);
    }
}
